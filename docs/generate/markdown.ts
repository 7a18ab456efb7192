/** The line that every generated page begins with, below its title. */
export const generatedNote = '*Generated from the schemas the node itself checks with (`npm run docs`); do not edit.*';

/** A table; cells are escaped here. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
	return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Code within a line; nothing for nothing. */
export const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

/** YAML in a fence. */
export const yamlBlock = (text: string): string => `\`\`\`yaml\n${text.trim()}\n\`\`\``;

/** Bars would end a cell, and angle brackets outside code are read as HTML. */
function cell(text: string): string {
	return text.split('`').map((part, index) => (index % 2 === 1 ? part : part.replaceAll('<', '\\<'))).join('`').replaceAll('|', '\\|');
}
