import type {LogLine} from '../../../store/resources/log-line.js';

/** A line that goes on for longer is cut into several, so that a program without line feeds cannot fill the memory. */
const longestLineBytes = 64 * 1024;
const headerBytes = 8;

/** Cuts bytes into lines; what has no line feed yet waits. */
class Lines {
	readonly #stream: LogLine['stream'];
	#rest = Buffer.alloc(0);

	constructor(stream: LogLine['stream']) {
		this.#stream = stream;
	}

	* push(bytes: Buffer): Generator<LogLine> {
		let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
		for (;;) {
			const feed = rest.indexOf(0x0a);
			if (feed < 0 && rest.length < longestLineBytes) break;
			const end = feed < 0 || feed > longestLineBytes ? longestLineBytes : feed;
			yield this.#line(rest.subarray(0, end));
			rest = rest.subarray(end === feed ? end + 1 : end);
		}
		this.#rest = Buffer.from(rest);
	}

	* end(): Generator<LogLine> {
		if (this.#rest.length > 0) yield this.#line(this.#rest);
	}

	#line(bytes: Buffer): LogLine {
		return {stream: this.#stream, text: bytes.toString('utf8').replace(/\r$/u, '')};
	}
}

/**
 * Lines of Docker's raw stream. Without a terminal it is cut into frames of a header (stream, three zeros, length) and bytes:
 * https://docs.docker.com/engine/api/v1.41/#operation/ContainerAttach. With one it is all standard output.
 */
export async function* logLines(source: AsyncIterable<string | Buffer>, {tty}: {readonly tty: boolean}): AsyncGenerator<LogLine, void, undefined> {
	const streams = {stdout: new Lines('stdout'), stderr: new Lines('stderr')};
	let rest = Buffer.alloc(0);
	for await (const chunk of source) {
		const bytes = Buffer.from(chunk);
		if (tty) {
			yield* streams.stdout.push(bytes);
			continue;
		}
		rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
		while (rest.length >= headerBytes && rest.length >= headerBytes + rest.readUInt32BE(4)) {
			const end = headerBytes + rest.readUInt32BE(4);
			yield* (rest[0] === 2 ? streams.stderr : streams.stdout).push(rest.subarray(headerBytes, end));
			rest = rest.subarray(end);
		}
	}
	yield* streams.stdout.end();
	yield* streams.stderr.end();
}
