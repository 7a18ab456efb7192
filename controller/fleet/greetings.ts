/** Which peers were greeted over their present link. */
export interface Greetings {
	/** Its link is open: greets it, unless it was, or is being, greeted over this one. What fails is tried again when it is met again. */
	meet(id: string): void;
	/** Its link is a new one; whatever is under way counts for the old one. */
	forget(id: string): void;
	forgetAll(): void;
}

/** Greets each peer on its own, so that one that does not answer holds up no other. `greet` resolves with false when it was not heard. */
export function createGreetings({greet, onError}: {readonly greet: (id: string) => Promise<boolean>; readonly onError: (error: unknown) => void}): Greetings {
	const greetings = new Map<string, symbol>();
	return {
		meet(id) {
			if (greetings.has(id)) return;
			const mine = Symbol(id);
			greetings.set(id, mine);
			const unheard = (): void => {
				if (greetings.get(id) === mine) greetings.delete(id);
			};
			greet(id).then(isHeard => {
				if (!isHeard) unheard();
			}, (error: unknown) => {
				unheard();
				onError(error);
			});
		},
		forget(id) {
			greetings.delete(id);
		},
		forgetAll() {
			greetings.clear();
		},
	};
}
