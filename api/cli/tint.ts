/** ECMA-48 codes of the colours used. Node's own `styleText` asks the process's terminal, which need not be where the text goes. */
const codes = {red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36} as const;
export type Tint = keyof typeof codes;

/** The text in a colour. */
export function tint(colour: Tint, text: string): string {
	return `\u001B[${codes[colour]}m${text}\u001B[39m`;
}
