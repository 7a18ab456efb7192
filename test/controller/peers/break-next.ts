/** Has the next use of one kind of socket fail, as the library fails when it is out of descriptors or memory; tells whether it has. */
export function breakNext(prototype: object, method: 'receive' | 'send'): () => boolean {
	const working = Reflect.get(prototype, method) as (this: unknown, ...args: unknown[]) => Promise<unknown>;
	let isBroken = false;
	Object.defineProperty(prototype, method, {
		configurable: true, writable: true,
		async value(this: unknown, ...args: unknown[]): Promise<unknown> {
			// The library's own is inherited.
			Reflect.deleteProperty(prototype, method);
			// What it was about to hand over is lost with it.
			if (method === 'receive') await working.apply(this, args);
			isBroken = true;
			throw new Error('broken by a test');
		},
	});
	return () => isBroken;
}
