/** What programs on three nodes decide together while their leader is lost in the middle of it, and how far apart they act. */
import {once} from 'node:events';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {eventually} from '../support/eventually.js';
import {agreement, openGroupFleet, type GroupFleet, type Verdict} from './group-fleet.js';
import {joinProgram, type Program, type Told} from './group-program.js';

interface Context {
	readonly fleet: GroupFleet;
	readonly crew: readonly Program[];
	/** What each program does before it agrees. */
	readonly manner: {considers: (told: Told) => Promise<void>};
}

const test = anyTest as TestFn<Context>;
const group = 'crew';
const agreesAtOnce = async (): Promise<void> => Promise.resolve();

test.before(async t => {
	const fleet = await openGroupFleet(3);
	const manner: Context['manner'] = {considers: agreesAtOnce};
	Object.assign(t.context, {fleet, manner, crew: []});
	const crew = await Promise.all(fleet.mates.map(async mate => joinProgram(mate, group, async told => manner.considers(told))));
	Object.assign(t.context, {crew});
});

test.after.always(async t => {
	const {crew, fleet} = t.context as Partial<Context>;
	await Promise.all((crew ?? []).map(async program => program[Symbol.asyncDispose]()));
	await fleet?.[Symbol.asyncDispose]();
});

async function chairOf({fleet, crew}: Context): Promise<{readonly chair: Program; readonly others: readonly [Program, Program]; readonly term: number}> {
	const {leader, term} = await agreement(fleet.mates, {known: 3, group});
	return {term, chair: crew.find(({name}) => name === leader)!, others: crew.filter(({name}) => name !== leader) as [Program, Program]};
}

/** Accepted is only what its rule accepts. */
function followsRule(t: ExecutionContext, {outcome, votes}: Verdict, rule: 'majority' | 'consensus'): void {
	const agreed = votes.filter(({vote}) => vote === 'yes').length;
	if (outcome === 'accepted') t.true(rule === 'majority' ? agreed >= 2 : agreed === 3, JSON.stringify(votes));
}

const toldOf = ({told}: Program, type: string, topic: string): readonly Told[] => told.filter(event => event.type === type && (event.topic ?? event.action) === topic);

test.serial('programs on three nodes act at one instant: each as late as it says, as far apart as the bounds of their clocks', async t => {
	const {crew} = t.context;
	const {chair, others} = await chairOf(t.context);
	const beyond = new Map(others.map(({name}) => [name, Number.POSITIVE_INFINITY]));
	for (let round = 0; round < 5; round++) {
		const topic = `instant ${round}`;
		const {outcome, reason, performances} = await chair.ask('group.act', {action: topic, inMs: 600, rule: 'consensus'});
		t.is(outcome, 'accepted', reason);
		t.deepEqual(performances.map(({name, performed}) => [name, performed]).sort(), crew.map(({name}) => [name, true]));
		await eventually(() => crew.every(program => toldOf(program, 'act', topic).length > 0), {what: 'all to have acted'});
		const [own, ...theirs] = [chair, ...others].map(program => {
			const {deviationMs, boundMs, atMs} = toldOf(program, 'act', topic)[0]!;
			const {name} = program;
			t.like(performances.find(performance => performance.name === name), {deviationMs, boundMs});
			t.true(deviationMs! >= 0 && boundMs! < 100);
			return {name, boundMs: boundMs!, instantMs: atMs - deviationMs!};
		});
		t.is(own!.boundMs, 0, 'the leader goes by its own clock');
		for (const {name, boundMs, instantMs} of theirs) beyond.set(name, Math.min(beyond.get(name)!, Math.abs(instantMs - own!.instantMs) - boundMs));
		t.log(theirs.map(({name, boundMs, instantMs}) => `${name} ${(instantMs - own!.instantMs).toFixed(2)} ms from the leader, bound ${boundMs.toFixed(2)} ms`).join('; '));
	}
	// The way of the news from node to program is in it, which takes about a millisecond on an idle machine: the best of five counts.
	for (const [name, ms] of beyond) t.true(ms <= 10, `${name} acted ${ms} ms beyond the bound of its clock`);
});

test.serial('polls and actions whose leader is killed in their middle are accepted by their rule or not at all, and nobody votes or acts twice', async t => {
	const {fleet, manner} = t.context;
	const {chair, others, term} = await chairOf(t.context);
	const [asker] = others;
	let killed: Promise<void> | undefined;
	manner.considers = async ({topic}) => {
		// The action that is agreed on already is not held up.
		if (topic !== undefined) await (killed ??= chair.mate.kill());
	};
	const committed = asker.ask('group.act', {action: 'agreed before', inMs: 12_000, rule: 'majority'});
	await eventually(() => others.every(program => toldOf(program, 'prepare', 'agreed before').length > 0), {what: 'the others to be asked'});
	const [majority, consensus, hasty] = await Promise.all([
		asker.ask('group.poll', {topic: 'majority', value: 1, rule: 'majority', deadlineMs: 12_000}),
		asker.ask('group.poll', {topic: 'consensus', value: 1, rule: 'consensus', deadlineMs: 9000}),
		asker.ask('group.poll', {topic: 'hasty', value: 1, rule: 'majority', deadlineMs: 1000}),
	]);
	const acted = await committed;
	manner.considers = agreesAtOnce;

	t.is(majority.outcome, 'accepted', majority.reason);
	t.is(consensus.outcome, 'timeout');
	t.true(consensus.reason.includes(chair.name), consensus.reason);
	t.true(['no-quorum', 'timeout'].includes(hasty.outcome), hasty.outcome);
	t.is(acted.outcome, 'accepted', acted.reason);
	followsRule(t, majority, 'majority');
	followsRule(t, acted, 'majority');
	t.deepEqual(acted.performances.map(({name, performed}) => [name, performed]).sort(), others.map(({name}) => [name, true]).sort());
	for (const program of others) {
		for (const topic of ['majority', 'consensus']) t.is(toldOf(program, 'poll', topic).length, 1, topic);
		t.is(toldOf(program, 'act', 'agreed before').length, 1);
	}
	await chair.mate.start();
	t.true((await agreement(fleet.mates, {known: 3, group})).term > term);
});

test.serial('a poll and an action whose leader stands still in their middle are taken up by the next, and what the first would still order is refused', async t => {
	const {fleet, crew, manner} = t.context;
	const {chair, others, term} = await chairOf(t.context);
	const [asker] = others;
	let isPaused = false;
	// Nobody votes before the leader stands still and another leads; the action is agreed on before.
	const next = new AbortController();
	manner.considers = async ({topic}) => {
		if (topic === undefined) return;
		if (!isPaused) chair.mate.pause();
		isPaused = true;
		if (!next.signal.aborted) await once(next.signal, 'abort');
	};
	const moved = asker.ask('group.act', {action: 'moved', inMs: 12_000, rule: 'majority'});
	await eventually(() => crew.every(program => toldOf(program, 'prepare', 'moved').length > 0), {what: 'all to be asked'});
	const asked = Promise.all([asker.ask('group.poll', {topic: 'still', value: 1, rule: 'majority', deadlineMs: 12_000}), moved]);
	const successor = await agreement(others.map(({mate}) => mate), {known: 3, group, isIt: agreed => agreed.term > term});
	next.abort();
	manner.considers = agreesAtOnce;
	chair.mate.resume();
	t.deepEqual(await agreement(fleet.mates, {known: 3, visible: 3, group}), successor);
	const [poll, act] = await asked;
	for (const verdict of [poll, act]) {
		t.is(verdict.outcome, 'accepted', verdict.reason);
		followsRule(t, verdict, 'majority');
	}
	for (const program of others) {
		t.is(toldOf(program, 'poll', 'still').length, 1);
		t.is(toldOf(program, 'act', 'moved').length, 1);
	}
	t.true(toldOf(chair, 'act', 'moved').length <= 1);
	t.is((await agreement(fleet.mates, {known: 3, group})).term, successor.term);
});
