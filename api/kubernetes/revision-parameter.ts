import {badRequest, expired} from '../status.js';

/** Above the width of a revision's counter: `(store epoch << 40) | counter`. */
const counterBits = 40n;

/** The `resourceVersion` of a query; undefined when unset or `0`, which both mean the latest state. Throws 400 for what is no revision. */
export function revisionParameter(query: URLSearchParams): string | undefined {
	const text = query.get('resourceVersion') ?? '';
	if (text === '' || text === '0') return undefined;
	if (!/^\d{1,20}$/u.test(text)) throw badRequest(`Invalid value: "${text}": resourceVersion must be the decimal number that a list or an object came with`);
	return text;
}

/** Throws 410 for a revision that this store never gave: another epoch's, or one ahead of `current`. */
export function checkKnown(revision: string, current: string): void {
	const [asked, latest] = [BigInt(revision), BigInt(current)];
	if (asked > latest || asked >> counterBits !== latest >> counterBits) throw expired(`too old resource version: ${revision} (${current})`);
}
