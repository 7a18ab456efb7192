import {isLive, type CliIo} from './io.js';

/**
 * Lines on a terminal that are drawn over as they change. Elsewhere only lines that were not there before are printed,
 * so that a log of it still tells the story.
 */
export function createLiveBlock(io: CliIo): {draw(lines: readonly string[]): void} {
	const live = isLive(io);
	let shown: readonly string[] = [];
	return {
		draw(lines) {
			if (!live) {
				for (const line of lines.filter(one => !shown.includes(one))) io.stdout.write(`${line}\n`);
			} else {
				const columns = io.stdout.columns ?? 80;
				const back = shown.length === 0 ? '' : `\u001B[${shown.length}A`;
				// A line broken by the terminal would make the count of lines wrong; colour codes take no room, so they get some slack.
				const fit = lines.map(line => (line.includes('\u001B') ? line : line.slice(0, columns)));
				io.stdout.write(`${back}${fit.map(line => `\u001B[2K${line}\n`).join('')}\u001B[0J`);
			}
			shown = lines;
		},
	};
}
