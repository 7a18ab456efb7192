/** Remembers bytes by the identity of a frozen object, one variant of each. */
export interface AnswerCache {
	/** The remembered bytes if they are of this variant, else those that `make` gives. */
	get(object: object, variant: string, make: () => Buffer): Buffer;
}

interface Answer {
	readonly variant: string;
	readonly bytes: Buffer;
	/** What it holds on to in bytes: a list that is remembered by its page is held whole. */
	readonly weight: number;
}

const pointerBytes = 8;

/** Holds at most `maxBytes` in all; the longest unused go first. Objects are frozen, so what was made from one never goes stale. */
export function createAnswerCache(maxBytes: number): AnswerCache {
	const answers = new Map<object, Answer>();
	let weight = 0;
	const answerOf = (object: object, variant: string, bytes: Buffer): Answer => ({variant, bytes, weight: bytes.length + (Array.isArray(object) ? pointerBytes * object.length : 0)});
	return {
		get(object, variant, make) {
			const known = answers.get(object);
			if (known) {
				answers.delete(object);
				weight -= known.weight;
			}
			const answer = known?.variant === variant ? known : answerOf(object, variant, make());
			answers.set(object, answer);
			weight += answer.weight;
			for (const [oldest, one] of answers) {
				if (weight <= maxBytes) break;
				answers.delete(oldest);
				weight -= one.weight;
			}
			return answer.bytes;
		},
	};
}
