import {isColoured, isLive, print, type CliIo} from './io.js';
import {printable} from './printable.js';

/**
 * Lines on a terminal that are drawn over as they change. Elsewhere, and where they are more than the terminal is high, only what is new of
 * `story` (the lines themselves, when not given) is printed, so that a log of it reads well.
 */
export function createLiveBlock(io: CliIo): {draw(lines: readonly string[], story?: readonly string[]): void} {
	let drawn = 0;
	let told: readonly string[] = [];
	const drawOver = (lines: readonly string[]): void => {
		const columns = io.stdout.columns === undefined || io.stdout.columns < 20 ? 80 : io.stdout.columns;
		const back = drawn === 0 ? '' : `\u001B[${drawn}A`;
		io.stdout.write(`${back}${lines.map(line => fitted(printable(line, {coloured: isColoured(io)}), columns)).map(line => `\u001B[2K${line}\n`).join('')}\u001B[0J`);
		drawn = lines.length;
	};
	return {
		draw(lines, story = lines) {
			// The cursor goes no higher than the screen: what has left it cannot be drawn over.
			if (isLive(io) && lines.length < (io.stdout.rows ?? 24)) {
				drawOver(lines);
				return;
			}
			for (const line of story.filter(one => !told.includes(one))) print(io, line);
			told = story;
			drawn = 0;
		},
	};
}

/** A line broken by the terminal would make the count of lines wrong. Colour codes take no room. */
function fitted(line: string, columns: number): string {
	let room = columns;
	return line.replace(/\u001B\[[\d;]*m|[^\u001B]/gu, part => {
		if (part.startsWith('\u001B')) return part;
		room -= 1;
		return room < 0 ? '' : part;
	});
}
