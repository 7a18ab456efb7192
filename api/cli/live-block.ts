import {isLive, type CliIo} from './io.js';

/**
 * Lines on a terminal that are drawn over as they change. Elsewhere only what is new of `story` (the lines themselves, when not given)
 * is printed, so that a log of it reads well.
 */
export function createLiveBlock(io: CliIo): {draw(lines: readonly string[], story?: readonly string[]): void} {
	const live = isLive(io);
	let shown: readonly string[] = [];
	return {
		draw(lines, story = lines) {
			if (!live) {
				for (const line of story.filter(one => !shown.includes(one))) io.stdout.write(`${line}\n`);
				shown = story;
			} else {
				const columns = io.stdout.columns === undefined || io.stdout.columns < 20 ? 80 : io.stdout.columns;
				const back = shown.length === 0 ? '' : `\u001B[${shown.length}A`;
				io.stdout.write(`${back}${lines.map(line => fitted(line, columns)).map(line => `\u001B[2K${line}\n`).join('')}\u001B[0J`);
				shown = lines;
			}
		},
	};
}

/** A line broken by the terminal would make the count of lines wrong. Colour codes take no room. */
function fitted(line: string, columns: number): string {
	let room = columns;
	return line.replace(/\u001B\[\d+m|[^\u001B]/gu, part => {
		if (part.startsWith('\u001B')) return part;
		room -= 1;
		return room < 0 ? '' : part;
	});
}
