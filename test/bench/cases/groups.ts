import {createClient} from '../../../controller/peers/mdp/mdp.js';
import {defaultPeriods} from '../../../controller/peers/group/periods.js';
import {agreement, mateNamed, openGroupFleet, type GroupFleet} from '../../cluster/group-fleet.js';
import {joinProgram, type Program} from '../../cluster/group-program.js';
import {watchLeaders} from '../../cluster/leader-watch.js';
import {eventually} from '../../support/eventually.js';
import {median, quantile, type Figure} from '../figures.js';

interface Measured {
	readonly rounds: number;
	readonly progress: (text: string) => void;
}

const group = 'crew';
const pollsPerRound = 100;
const actsPerRound = 3;

/** What three nodes, and three programs on them, take to decide something. */
export async function groupFigures({rounds, progress}: Measured): Promise<readonly Figure[]> {
	progress('three nodes');
	await using fleet = await openGroupFleet(3);
	const crew = await Promise.all(fleet.mates.map(async mate => joinProgram(mate, group)));
	try {
		const {leader} = await agreement(fleet.mates, {known: 3, group});
		const figures = [...await pollFigures({crew, leader}, {rounds, progress}), await skewFigure(crew, {rounds, progress})];
		return [await electionFigure(fleet, {rounds, progress}), ...figures];
	} finally {
		await Promise.all(crew.map(async program => program[Symbol.asyncDispose]()));
	}
}

/** From the kill of the leading node to the news of another at the last of those that are left. */
async function electionFigure(fleet: GroupFleet, {rounds, progress}: Measured): Promise<Figure> {
	await using watch = await watchLeaders(fleet.mates);
	const samples: number[] = [];
	for (let round = 1; round <= rounds; round++) {
		progress(`election ${round}/${rounds}`);
		const {leader, term} = await agreement(fleet.mates, {known: 3});
		const chair = mateNamed(fleet.mates, leader);
		const left = fleet.mates.filter(mate => mate !== chair);
		const killedAt = performance.now();
		await chair.kill();
		const knownAt = await eventually(() => {
			const times = left.map(({name}) => watch.news.find(news => news.observer === name && news.leader !== null && news.term > term)?.atMs);
			return times.every(time => time !== undefined) ? Math.max(...times) : undefined;
		}, {everyMs: 5, what: 'another to be known'});
		samples.push(knownAt - killedAt);
		await chair.start();
	}
	const longest = 'the longest silence before an election';
	return {name: 'leading node killed → another known to all, 3 nodes', unit: 'ms', series: [{contender: 'motey', samples}, {contender: longest, samples: [defaultPeriods.electionMaxMs]}], floor: longest, goal: 1.5};
}

/** A poll goes to the leader and from there to each member, and back: two requests to programs on other nodes, one within the other. */
async function pollFigures({crew, leader}: {readonly crew: readonly Program[]; readonly leader: string}, {rounds, progress}: Measured): Promise<readonly Figure[]> {
	const asker = crew.find(({name}) => name !== leader)!;
	const others = crew.filter(program => program !== asker);
	await using client = createClient({address: asker.mate.socket});
	const contenders = {
		motey: async () => {
			const {outcome, reason} = await asker.ask('group.poll', {topic: 'bench', value: 1, rule: 'consensus', deadlineMs: 5000});
			if (outcome !== 'accepted') throw new Error(`a poll was ${outcome}: ${reason}`);
		},
		'two requests to programs on other nodes': async () => {
			for (const {mate} of others) await client.call(`${mate.name}.of-${mate.name}`, 'group.event', {type: 'bench'});
		},
	};
	const rows = Object.entries(contenders).map(([contender, run]) => ({contender, run, p50: [] as number[], p99: [] as number[]}));
	for (let round = 0; round <= rounds; round++) {
		for (const {contender, run, p50, p99} of rows) {
			progress(`polls ${round}/${rounds}: ${contender}`);
			const samples: number[] = [];
			for (let count = 0; count < pollsPerRound; count++) {
				const from = performance.now();
				await run();
				samples.push(performance.now() - from);
			}
			// The first round is for V8 to compile what is used.
			if (round === 0) continue;
			p50.push(median(samples));
			p99.push(quantile(samples, 0.99));
		}
	}
	const figure = (percentile: 'p50' | 'p99'): Figure => ({
		name: `poll over 3 nodes, ${percentile}`, unit: 'ms', series: rows.map(row => ({contender: row.contender, samples: row[percentile]})), floor: 'two requests to programs on other nodes',
	});
	return [figure('p50'), figure('p99')];
}

/** How far apart three programs act, on one clock, the way of the news from node to program included. */
async function skewFigure(crew: readonly Program[], {rounds, progress}: Measured): Promise<Figure> {
	const apart: number[] = [];
	const bounds: number[] = [];
	for (let round = 1; round <= rounds * actsPerRound; round++) {
		progress(`timed action ${round}/${rounds * actsPerRound}`);
		const action = `bench ${round}`;
		const {outcome, reason} = await crew[0]!.ask('group.act', {action, inMs: 300, rule: 'consensus'});
		if (outcome !== 'accepted') throw new Error(`an action was ${outcome}: ${reason}`);
		const acted = await eventually(() => {
			const found = crew.flatMap(({told}) => told.filter(event => event.type === 'act' && event.action === action));
			return found.length === crew.length ? found : undefined;
		}, {everyMs: 5, what: 'all to have acted'});
		const times = acted.map(({atMs}) => atMs);
		apart.push(Math.max(...times) - Math.min(...times));
		bounds.push(Math.max(...acted.map(({boundMs}) => boundMs ?? 0)));
	}
	const bound = 'greatest error of their clocks, as they tell it';
	return {name: 'timed action, first to last of 3 programs', unit: 'ms', series: [{contender: 'motey', samples: apart}, {contender: bound, samples: bounds}], floor: bound, goal: 2, note: 'two clocks may be wrong in opposite directions; on top of it comes how late each process got a core'};
}
