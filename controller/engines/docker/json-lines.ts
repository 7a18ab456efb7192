/** Values of a stream that has one JSON text a line; a line that is none is passed over. */
export async function* jsonLines(stream: NodeJS.ReadableStream): AsyncGenerator<unknown, void, undefined> {
	const decoder = new TextDecoder();
	let rest = '';
	for await (const chunk of stream) {
		const lines = (rest + decoder.decode(Buffer.from(chunk), {stream: true})).split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) {
			const value = parse(line);
			if (value !== undefined) yield value;
		}
	}
	const last = parse(rest);
	if (last !== undefined) yield last;
}

function parse(line: string): unknown {
	if (line.trim() === '') return undefined;
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}
