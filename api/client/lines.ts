import type {Readable} from 'node:stream';

/** The lines of a stream of UTF-8, without their line feeds; a last one without is a line too. */
export async function* linesOf(stream: Readable): AsyncGenerator<string, void> {
	stream.setEncoding('utf8');
	let rest = '';
	for await (const chunk of stream) {
		rest += String(chunk);
		let start = 0;
		for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n', start)) {
			yield rest.slice(start, end);
			start = end + 1;
		}
		rest = rest.slice(start);
	}
	if (rest !== '') yield rest;
}
