import Table from 'cli-table3';
import {median, type Figure} from './figures.js';

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** The figures as a table: per contender median and spread; Motey's ratio to each other one; the goal and whether it was reached. */
export function reportTable(figures: readonly Figure[]): string {
	const table = new Table({head: ['case', 'who', 'median', 'min … max', 'motey ÷', 'goal'], style: {head: [], border: []}});
	for (const figure of figures) {
		const own = median(figure.series[0]?.samples ?? []);
		for (const [index, {contender, samples}] of figure.series.entries()) {
			const isFloor = contender === figure.floor;
			table.push([
				index === 0 ? figure.name : '',
				contender,
				`${short(median(samples))} ${figure.unit}`,
				`${short(Math.min(...samples))} … ${short(Math.max(...samples))}`,
				index === 0 ? '' : (own / median(samples)).toFixed(2),
				isFloor || (index === 0 && figure.floor === undefined) ? goalText(figure, own) : '',
			]);
		}
		if (figure.note !== undefined) table.push([{colSpan: 6, content: `  ${figure.note}`}]);
	}
	return table.toString();
}

function goalText({goal, floor, series}: Figure, own: number): string {
	if (goal === undefined) return '';
	const reached = floor === undefined ? own : own / median(series.find(({contender}) => contender === floor)?.samples ?? []);
	return `≤ ${goal}: ${reached <= goal ? 'reached' : 'missed'}`;
}
