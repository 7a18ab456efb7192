import type {IncomingMessage} from 'node:http';

/** A request as Node gives it: its first line. */
type Line = Pick<IncomingMessage, 'method' | 'url'>;

/** The method of a request. */
export function methodOf({method = ''}: Line): string {
	return method;
}

/** The path of a request as it was sent, without its query. Neither decoded nor made shorter: who guards a path and who serves it read the same text. */
export function pathOf({url = '/'}: Line): string {
	// A proxy may send the whole address (RFC 9112, absolute form).
	const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/iu, '');
	const end = target.search(/[?#]/u);
	return end === -1 ? target : target.slice(0, end);
}

/** What a request's query holds. */
export function queryOf({url = '/'}: Line): URLSearchParams {
	const mark = url.indexOf('?');
	return new URLSearchParams(mark === -1 ? '' : url.slice(mark));
}
