/** Lines of context around a change. */
const context = 3;

interface Edit {
	readonly sign: ' ' | '-' | '+';
	readonly line: string;
}

/** A unified diff of two texts, without its header; empty when they are equal. */
export function lineDiff(before: string, after: string): readonly string[] {
	if (before === after) return [];
	const edits = editsBetween(linesOf(before), linesOf(after));
	const near = edits.map((_, index) => edits.slice(Math.max(0, index - context), index + context + 1).some(edit => edit.sign !== ' '));
	let oldLine = 1;
	let newLine = 1;
	let open = false;
	return edits.flatMap(({sign, line}, index) => {
		const heading = near[index] === true && !open ? [`@@ -${oldLine} +${newLine} @@`] : [];
		open = near[index] === true;
		if (sign !== '+') oldLine += 1;
		if (sign !== '-') newLine += 1;
		return open ? [...heading, `${sign}${line}`] : [];
	});
}

function linesOf(text: string): readonly string[] {
	return text === '' ? [] : text.replace(/\n$/u, '').split('\n');
}

/** By longest common subsequence of what lies between the common beginning and the common end. */
function editsBetween(before: readonly string[], after: readonly string[]): readonly Edit[] {
	let start = 0;
	while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
	let tail = 0;
	while (tail < Math.min(before.length, after.length) - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
	const same = (line: string): Edit => ({sign: ' ', line});
	return [
		...before.slice(0, start).map(same),
		...middleEdits(before.slice(start, before.length - tail), after.slice(start, after.length - tail)),
		...before.slice(before.length - tail).map(same),
	];
}

function middleEdits(before: readonly string[], after: readonly string[]): readonly Edit[] {
	const lengths = Array.from({length: before.length + 1}, () => new Array<number>(after.length + 1).fill(0));
	const length = (row: number, column: number): number => lengths[row]?.[column] ?? 0;
	for (let row = before.length - 1; row >= 0; row -= 1) {
		for (let column = after.length - 1; column >= 0; column -= 1) {
			const here = before[row] === after[column] ? length(row + 1, column + 1) + 1 : Math.max(length(row + 1, column), length(row, column + 1));
			lengths[row]?.splice(column, 1, here);
		}
	}
	const edits: Edit[] = [];
	let row = 0;
	let column = 0;
	while (row < before.length || column < after.length) {
		const old = before[row];
		const fresh = after[column];
		if (old !== undefined && old === fresh) {
			edits.push({sign: ' ', line: old});
			row += 1;
			column += 1;
		} else if (old !== undefined && (fresh === undefined || length(row + 1, column) >= length(row, column + 1))) {
			edits.push({sign: '-', line: old});
			row += 1;
		} else {
			edits.push({sign: '+', line: fresh ?? ''});
			column += 1;
		}
	}
	return edits;
}
