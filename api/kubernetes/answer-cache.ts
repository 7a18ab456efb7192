/** Remembers bytes by the identity of a frozen object. */
export interface AnswerCache {
	/** The remembered bytes, else those that `make` gives. */
	get(object: object, make: () => Buffer): Buffer;
}

/** Holds at most `maxBytes` in all; the longest unused go first. Objects are frozen, so what was made from one never goes stale. */
export function createAnswerCache(maxBytes: number): AnswerCache {
	const answers = new Map<object, Buffer>();
	let bytes = 0;
	return {
		get(object, make) {
			const known = answers.get(object);
			if (known) {
				answers.delete(object);
				answers.set(object, known);
				return known;
			}
			const made = make();
			answers.set(object, made);
			bytes += made.length;
			for (const [oldest, answer] of answers) {
				if (bytes <= maxBytes) break;
				answers.delete(oldest);
				bytes -= answer.length;
			}
			return made;
		},
	};
}
