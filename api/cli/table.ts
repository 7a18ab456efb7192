import {listAt, numberAt, textAt} from '../client/value.js';
import {isColoured, print, type CliIo} from './io.js';
import {tint} from './tint.js';

/** Cells with their headings; ready to be printed. */
export interface Grid {
	readonly headings: readonly string[];
	readonly rows: readonly (readonly string[])[];
}

/** Lines of a grid, columns three blanks apart as kubectl has them; phases coloured when `coloured`. */
export function layOut({headings, rows}: Grid, {coloured = false, widths = [], heading = true}: {readonly coloured?: boolean; readonly widths?: readonly number[]; readonly heading?: boolean} = {}): readonly string[] {
	const all = (heading ? [headings, ...rows] : rows).map(row => row.map(oneLine));
	const width = headings.map((_, column) => Math.max(widths[column] ?? 0, ...all.map(row => (row[column] ?? '').length)));
	return all.map((row, index) => row
		.map((cell, column) => {
			const text = column === row.length - 1 ? cell : cell.padEnd((width[column] ?? 0) + 3);
			return coloured && (index > 0 || !heading) ? tinted(text) : text;
		}).join('').trimEnd());
}

/** A message of several lines would break a table. */
export function oneLine(text: string): string {
	return text.replace(/\s*[\r\n]+\s*/gu, ' ').trim();
}

/** Widths of the columns of a grid, so that rows printed later line up. */
export function widthsOf({headings, rows}: Grid): readonly number[] {
	return headings.map((heading, column) => Math.max(heading.length, ...rows.map(row => (row[column] ?? '').length)));
}

/** The visible part of a server's Table: without the columns for `wide` unless asked, and with the namespace first when asked. */
export function gridOf(table: unknown, {wide, namespaces}: {readonly wide: boolean; readonly namespaces: boolean}, columnsFrom: unknown = table): Grid {
	const columns = listAt(columnsFrom, 'columnDefinitions').flatMap((column, index) => ((numberAt(column, 'priority') ?? 0) === 0 || wide ? [{index, name: textAt(column, 'name').toUpperCase()}] : []));
	return {
		headings: [...(namespaces ? ['NAMESPACE'] : []), ...columns.map(column => column.name)],
		rows: listAt(table, 'rows').map(row => [...(namespaces ? [textAt(row, 'object', 'metadata', 'namespace')] : []), ...columns.map(column => textAt(row, 'cells', column.index))]),
	};
}

/** Prints a grid. */
export function printGrid(io: CliIo, grid: Grid): void {
	for (const line of layOut(grid, {coloured: isColoured(io)})) print(io, line);
}

const meanings = [
	{words: /^(?:Running|Ready|True|Normal)$/u, colour: 'green'},
	{words: /^(?:Failed|NotReady|CrashLoopBackOff|ImageUnavailable|Error)/u, colour: 'red'},
	{words: /^(?:Pending|Preparing|Starting|Stopping|Unknown|Warning|Terminated)/u, colour: 'yellow'},
] as const;

function tinted(text: string): string {
	const colour = meanings.find(one => one.words.test(text.trim()))?.colour;
	return colour === undefined ? text : tint(colour, text);
}
