/** What `work` comes to, or at once what `aborted` makes when `signal` ends before that; `work` then goes on by itself. */
export async function unlessAborted<T>(work: Promise<T>, {signal, aborted}: {readonly signal: AbortSignal; readonly aborted: () => Error}): Promise<T> {
	let giveUp = (): void => undefined;
	const ended = new Promise<never>((_, reject) => {
		giveUp = () => reject(aborted());
	});
	signal.addEventListener('abort', giveUp, {once: true});
	try {
		return await Promise.race([work, ended]);
	} finally {
		signal.removeEventListener('abort', giveUp);
	}
}
