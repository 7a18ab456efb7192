/** What may wait for a reader who does not come. */
const bufferBytes = 8_388_608;
/** Beyond this it would be well to let fewer parts come for a moment. */
const behindBytes = 2_097_152;
/** What a part weighs beside its bytes. */
const partBytes = 256;

/** Parts that come faster or slower than they are read. */
export interface Parts<T> {
	/** False when too much waits already: then the parts end with an error. */
	push(part: T, bytes: number): boolean;
	/** True when much waits. */
	readonly isBehind: boolean;
	end(): void;
	fail(error: Error): void;
	/** Everything that was pushed, once, until the end. Throws what failed. */
	all(): AsyncGenerator<T, void>;
}

/** An empty buffer of at most 8 MiB. */
export function createParts<T>(): Parts<T> {
	const waiting: {readonly part: T; readonly bytes: number}[] = [];
	let bytes = 0;
	let outcome: {readonly error?: Error} | undefined;
	let wake: (() => void) | undefined;
	const finish = (how: {readonly error?: Error}): void => {
		outcome ??= how;
		wake?.();
	};
	return {
		push(part, size) {
			if (outcome) return true;
			bytes += size + partBytes;
			if (bytes > bufferBytes) {
				finish({error: new Error('the answer was read too slowly')});
				return false;
			}
			waiting.push({part, bytes: size + partBytes});
			wake?.();
			return true;
		},
		get isBehind() {
			return bytes > behindBytes && outcome === undefined;
		},
		end: () => finish({}),
		fail: error => finish({error}),
		async * all() {
			for (;;) {
				const next = waiting.shift();
				if (next) {
					bytes -= next.bytes;
					yield next.part;
				} else if (outcome) {
					if (outcome.error) throw outcome.error;
					return;
				} else {
					await new Promise<void>(resolve => (wake = resolve));
				}
			}
		},
	};
}
