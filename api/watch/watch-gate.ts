import {ApiError} from '../status.js';

/** How many watches may be open. */
export interface WatchLimits {
	readonly watches: number;
	readonly watchesPerToken: number;
}

/** Counts open watches. */
export interface WatchGate {
	/** Lets one more in, or throws 429. The result says that it has ended. */
	enter(token: string): () => void;
}

/** `report` hears the number of open watches whenever it changes. */
export function createWatchGate({watches, watchesPerToken}: WatchLimits, report: (count: number) => void): WatchGate {
	const byToken = new Map<string, number>();
	let open = 0;
	const count = (token: string, difference: 1 | -1): void => {
		open += difference;
		const left = (byToken.get(token) ?? 0) + difference;
		if (left === 0) byToken.delete(token);
		else byToken.set(token, left);
		report(open);
	};
	return {
		enter(token) {
			if (open >= watches) throw tooMany(`${watches} watches are open, more are not allowed`);
			if ((byToken.get(token) ?? 0) >= watchesPerToken) throw tooMany(`${watchesPerToken} watches of this token are open, more are not allowed`);
			count(token, 1);
			let ended = false;
			return () => {
				if (ended) return;
				ended = true;
				count(token, -1);
			};
		},
	};
}

function tooMany(message: string): ApiError {
	return new ApiError(429, {reason: 'TooManyRequests', message, details: {retryAfterSeconds: 5}});
}
