const sizes = {d: 86_400, h: 3600, m: 60, s: 1} as const;

/** The time between two moments as `kubectl get` shows ages: `45s`, `5m30s`, `5h12m`, `3d4h`, `120d`, `2y15d`. A moment ahead is `0s`. */
export function ageText(from: Date, to: Date): string {
	const seconds = Math.max(0, Math.floor((to.getTime() - from.getTime()) / 1000));
	if (Number.isNaN(seconds)) return '<unknown>';
	if (seconds < 120) return `${seconds}s`;
	if (seconds < 600) return both(seconds, 'm', 's');
	if (seconds < 3 * 3600) return `${Math.floor(seconds / 60)}m`;
	if (seconds < 8 * 3600) return both(seconds, 'h', 'm');
	if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
	if (seconds < 8 * 86_400) return both(seconds, 'd', 'h');
	const days = Math.floor(seconds / 86_400);
	if (days < 730) return `${days}d`;
	return days % 365 === 0 || days >= 8 * 365 ? `${Math.floor(days / 365)}y` : `${Math.floor(days / 365)}y${days % 365}d`;
}

/** Two neighbouring units, the lesser left out when it is zero. */
function both(seconds: number, greater: 'd' | 'h' | 'm', lesser: 'h' | 'm' | 's'): string {
	const whole = Math.floor(seconds / sizes[greater]);
	const rest = Math.floor((seconds % sizes[greater]) / sizes[lesser]);
	return rest === 0 ? `${whole}${greater}` : `${whole}${greater}${rest}${lesser}`;
}
