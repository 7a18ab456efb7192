import {byteText} from '../quantity-text.js';

/** `12.0 MiB of 256 MiB, 5 %, 3.1 MiB/s, 1m19s left`. Rate and time are left out until they are known. */
export function progressText({bytes, size, bytesPerSecond}: {readonly bytes: number; readonly size: number; readonly bytesPerSecond: number}): string {
	const share = size === 0 ? 100 : Math.floor(bytes / size * 100);
	const rate = bytesPerSecond > 0 ? `, ${byteText(bytesPerSecond)}/s, ${timeText((size - bytes) / bytesPerSecond)} left` : '';
	return `${byteText(bytes)} of ${byteText(size)}, ${share} %${rate}`;
}

function timeText(seconds: number): string {
	const whole = Math.max(0, Math.round(seconds));
	if (whole < 60) return `${whole}s`;
	if (whole < 3600) return `${Math.floor(whole / 60)}m${whole % 60}s`;
	return `${Math.floor(whole / 3600)}h${Math.floor(whole % 3600 / 60)}m`;
}
