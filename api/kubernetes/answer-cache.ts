/** Remembers bytes by the identity of a frozen object, one variant of each. */
export interface AnswerCache {
	/** The remembered bytes if they are of this variant, else those that `make` gives. */
	get(object: object, variant: string, make: () => Buffer): Buffer;
}

interface Answer {
	readonly variant: string;
	readonly bytes: Buffer;
}

/** Holds at most `maxBytes` in all; the longest unused go first. Objects are frozen, so what was made from one never goes stale. */
export function createAnswerCache(maxBytes: number): AnswerCache {
	const answers = new Map<object, Answer>();
	let bytes = 0;
	return {
		get(object, variant, make) {
			const known = answers.get(object);
			if (known) {
				answers.delete(object);
				bytes -= known.bytes.length;
			}
			const answer = known?.variant === variant ? known : {variant, bytes: make()};
			answers.set(object, answer);
			bytes += answer.bytes.length;
			for (const [oldest, {bytes: {length}}] of answers) {
				if (bytes <= maxBytes) break;
				answers.delete(oldest);
				bytes -= length;
			}
			return answer.bytes;
		},
	};
}
