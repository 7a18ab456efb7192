import {distance} from 'fastest-levenshtein';

/**
 * The candidate a person most likely meant by `word`, or undefined when nothing is near: case does not count, and at most a third
 * of the letters (at least two) may differ.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
	const wanted = plain(word);
	const best = candidates
		.map(candidate => ({candidate, distance: distance(wanted, plain(candidate))}))
		.reduce<{candidate: string; distance: number} | undefined>((least, one) => (least === undefined || one.distance < least.distance ? one : least), undefined);
	return best && best.distance <= Math.max(2, Math.floor(wanted.length / 3)) && best.distance < wanted.length ? best.candidate : undefined;
}

function plain(text: string): string {
	return text.toLowerCase().replace(/[-_.]/gu, '').slice(0, 128);
}
