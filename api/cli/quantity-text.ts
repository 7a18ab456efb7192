const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `1.5 GiB`. */
export function byteText(bytes: number): string {
	const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
	const value = bytes / 1024 ** power;
	return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? 'B'}`;
}

/** A number of things for people: `1 image`, `2 images`. */
export const countText = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;
