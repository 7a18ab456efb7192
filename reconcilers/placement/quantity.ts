import type {Resources} from '../../store/resources/image.js';

const memoryFactors: Readonly<Record<string, number>> = {
	'': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40,
};

/** CPU in thousandths of a core: `500m` → 500, `2` → 2000. Text that is no quantity counts as nothing. */
export function cpuMillis(quantity: string | number): number {
	const text = String(quantity);
	const value = Number.parseFloat(text);
	if (!Number.isFinite(value)) return 0;
	return Math.round(text.endsWith('m') ? value : value * 1000);
}

/** Memory in bytes: `128Mi` → 134217728. Text that is no quantity counts as nothing. */
export function memoryBytes(quantity: string | number): number {
	const match = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki)?$/.exec(String(quantity));
	return match ? Math.round(Number(match[1]) * (memoryFactors[match[2] ?? ''] ?? 1)) : 0;
}

/** Amounts that can be added and compared. */
export interface Amounts {
	readonly cpuMillis: number;
	readonly memoryBytes: number;
}

/** What a template asks for; what it does not name is nothing. */
export const amountsOf = (resources: Resources): Amounts => ({
	cpuMillis: resources.cpu === undefined ? 0 : cpuMillis(resources.cpu),
	memoryBytes: resources.memory === undefined ? 0 : memoryBytes(resources.memory),
});

/** The sum of all, as a fold begins with nothing. */
export const sumOf = (amounts: readonly Amounts[]): Amounts => amounts.reduce<Amounts>(
	(sum, one) => ({cpuMillis: sum.cpuMillis + one.cpuMillis, memoryBytes: sum.memoryBytes + one.memoryBytes}),
	{cpuMillis: 0, memoryBytes: 0},
);

/** As Kubernetes writes it: whole cores plain, parts in thousandths. */
export const cpuText = (millis: number): string => (millis % 1000 === 0 ? String(millis / 1000) : `${millis}m`);

/** As Kubernetes writes it, in the largest binary unit that loses nothing. */
export function memoryText(bytes: number): string {
	const unit = (['Gi', 'Mi', 'Ki'] as const).find(one => bytes > 0 && bytes % (memoryFactors[one] ?? 1) === 0);
	return unit ? `${bytes / (memoryFactors[unit] ?? 1)}${unit}` : String(bytes);
}
