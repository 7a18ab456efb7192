import type {Answer} from '../../../controller/peers/pending.js';

/** A stream of answers that tells whether its reader left it. */
export function answersOf(answers: () => Generator<Partial<Answer>>): {readonly stream: () => AsyncIterable<Answer>; readonly left: () => boolean} {
	let isLeft = false;
	return {
		left: () => isLeft,
		async* stream() {
			try {
				for (const answer of answers()) yield await Promise.resolve({data: undefined, action: 'x.result', bytes: 0, last: false, ...answer});
			} finally {
				isLeft = true;
			}
		},
	};
}
