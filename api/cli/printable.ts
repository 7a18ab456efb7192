/** A colour (ECMA-48, SGR), a carriage return that is not part of a line's end, and everything else that a terminal obeys instead of showing. */
const obeyed = /\u001B\[[\d;]{0,32}m|[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]|\r(?!\n|$)/gu;

/**
 * A text as it may be sent to a terminal. What others wrote, in a container's log or a label, could else rename the window, hide lines or
 * type for the user: control characters are written out (`^[`, `^G`, `\u202e`). Line ends, tabs and, when `coloured`, colours stay;
 * no colour reaches beyond its line.
 */
export function printable(text: string, {coloured}: {readonly coloured: boolean}): string {
	return text.split('\n').map(line => {
		const shown = line.replace(obeyed, part => (coloured && part.length > 1 ? part : written(part)));
		return shown.includes('\u001B') ? `${shown}\u001B[0m` : shown;
	}).join('\n');
}

/** One control character, in the caret notation of terminals or, where that has none, as an escape of JSON. A colour keeps its harmless rest. */
function written(part: string): string {
	const code = part.charCodeAt(0);
	if (code === 0x7F) return '^?';
	return code < 0x20 ? `^${String.fromCharCode(code + 0x40)}${part.slice(1)}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
