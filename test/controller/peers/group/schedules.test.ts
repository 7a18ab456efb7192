import test from 'ava';
import type {Verdict} from '../../../../controller/peers/group/messages.js';
import {roundsOf, seedOfRun} from '../../../support/random.js';
import {calm, World} from './world.js';

const seed = seedOfRun();
/** A sample in every test run; `npm run soak` plays a hundred times as many as it has rounds of anything else. */
const schedules = process.env['SOAK_ROUNDS'] === undefined ? 150 : roundsOf(100) * 100;

interface Story {
	readonly world: World;
	readonly members: readonly string[];
	/** Members leave and come back. */
	readonly isFluid: boolean;
	/** Members that are never seen again, whatever becomes of them, because an operator has said so. */
	readonly lost: Set<string>;
	/** Each of the others hears of it when it can. */
	readonly isForgetful: boolean;
	readonly asked: {id: string; name: string; rule: 'majority' | 'consensus'}[];
}

const pick = <T>(world: World, from: readonly T[]): T => from[Math.floor(world.random() * from.length)]!;

/** One fault, or one thing that somebody wants of the group. */
function something(story: Story): void {
	const {world, members, asked} = story;
	const id = pick(world, members);
	const kind = Math.floor(world.random() * 12);
	const name = `${asked.length}`;
	const rule = world.random() < 0.5 ? 'majority' : 'consensus';
	switch (kind) {
		case 0: case 1: world.crash(id); break;
		case 2: case 3: case 4: startAll(story); break;
		case 5: world.freeze(id, world.random() * 6000); break;
		case 6: {
			const parts = [0, 1, 2].map(() => [] as string[]);
			for (const each of members) parts[Math.floor(world.random() * 3)]!.push(each);
			world.partition(...parts);
			break;
		}
		case 7: world.cut(id, pick(world, members)); break;
		case 8: world.cuts.add(`${id}>${pick(world, members)}`); break;
		case 9: world.cuts.clear(); break;
		case 10: world.weather = {loss: world.random() * 0.5, duplication: world.random() * 0.3, delayMs: [1, 1 + world.random() * 800]}; break;
		default:
			if (story.isForgetful && world.random() < 0.5) {
				forget(story, id);
				break;
			}
			if (story.isFluid && world.random() < 0.5) {
				world.give(id, {type: 'leave'});
				break;
			}
			if (world.random() < 0.5) world.request(id, name, {kind: 'poll', topic: 'x', value: 1, rule, deadlineMs: 1500});
			else world.request(id, name, {kind: 'act', action: 'x', rule, inMs: 2000});
			asked.push({id, name, rule});
	}
}

/** Who starts is told of its cluster first, as a node is. */
function startAll({world, members, lost}: Story): void {
	for (const id of members) {
		if (world.get(id).state) continue;
		world.start(id);
		if (!lost.has(id)) world.give(id, {type: 'forgotten', nodes: new Set(lost)});
	}
}

/** An operator says that a member does not come back. It may live on, and never hear of it; of the others some hear late. */
function forget({world, members, lost}: Story, id: string): void {
	if (lost.size + 1 >= members.length) return;
	lost.add(id);
	if (world.random() < 0.5) world.crash(id);
	for (const each of members) {
		if (!lost.has(each)) world.at(world.nowMs + world.random() * 5000, () => world.give(each, {type: 'forgotten', nodes: new Set(lost)}));
	}
}

/** Where a member stands, for whoever looks into a schedule that failed. */
function stanceOf(world: World, id: string): string {
	const {state} = world.get(id);
	if (!state) return `${id} is away`;
	const {role, leader, durable: {term, lineage, configuration}} = state;
	return `${id} ${role.kind} of ${leader} in term ${term} of ${lineage}, ${configuration?.stamp.term}.${configuration?.stamp.version} ${configuration?.members.join()}`;
}

function isKept({outcome, votes}: Verdict, rule: 'majority' | 'consensus'): boolean {
	const yes = votes.filter(({vote}) => vote === 'yes').length;
	return outcome !== 'accepted' || (rule === 'majority' ? yes * 2 > votes.length : yes === votes.length);
}

function play(number: number): {readonly offences: readonly string[]; readonly steps: number} {
	const random = seed * 100_003 + number;
	const members = ['a', 'b', 'c', 'd', 'e'].slice(0, number % 2 === 0 ? 3 : 5);
	const world = new World({seed: random, members});
	// Some have always been a group, others have yet to find each other; in some they come and go.
	const [isFormed, isFluid, isForgetful] = [number % 3 !== 0, number % 4 === 3, number % 5 === 2];
	const story: Story = {world, members, isFluid, isForgetful, lost: new Set(), asked: []};
	world.program = (_member, event) => (event.type === 'poll' || event.type === 'prepare' ? (world.random() < 0.1 ? undefined : {vote: world.random() < 0.8 ? 'yes' : 'no', reason: ''}) : undefined);
	if (isFormed) world.form();
	for (const id of members) world.start(id);
	for (let n = 0; n < 25; n++) {
		world.runFor(world.random() * 2000);
		something(story);
	}
	const wrong: string[] = [];
	// A part that is a majority of all, and then everybody: whenever they can talk, they have a leader within 10 s.
	world.weather = calm;
	const majority = members.slice(0, Math.ceil((members.length + 1) / 2));
	if (isFormed && !isFluid && !isForgetful) {
		world.partition(majority, ...members.filter(id => !majority.includes(id)).map(id => [id]));
		for (const id of members) world.start(id);
		world.runFor(6000);
		if (!world.runUntil(() => world.leader(majority) !== undefined, 10_000)) wrong.push(`no leader of ${majority.join()} within 10 s`);
	}
	world.cuts.clear();
	// Whoever was forgotten opens no link to anybody any more.
	for (const id of story.lost) for (const each of members) if (!story.lost.has(each)) world.cut(id, each);
	startAll(story);
	for (const id of members) if (!story.lost.has(id)) world.give(id, {type: 'forgotten', nodes: new Set(story.lost)});
	// A standstill that began before may last until now; groups begun apart have to find each other first.
	world.runFor(isFormed && !isFluid && !isForgetful ? 6000 : 30_000);
	if (isFluid) {
		// Who wanted to leave could only now.
		startAll(story);
		world.runFor(20_000);
	}
	const left = members.filter(id => !story.lost.has(id));
	const agrees = (): boolean => world.leader(left) !== undefined && left.every(id => world.get(id).state?.leader === world.leader(left));
	if (!world.runUntil(agrees, 10_000)) wrong.push(`no leader of all within 10 s: ${members.map(id => stanceOf(world, id)).join('; ')}`);
	for (const {id, name, rule} of story.asked) {
		const result = world.get(id).results.get(name);
		if (result?.kind === 'verdict' && !isKept(result.verdict, rule)) wrong.push(`accepted against its rule, ${rule}: ${JSON.stringify(result.verdict)}`);
	}
	return {offences: [...world.offences, ...wrong].map(what => `SEED=${seed}, schedule ${number}: ${what}`), steps: world.steps};
}

test(`under ${schedules} random schedules of loss, delay, duplication, cuts, standstills, crashes, restarts and members forgotten no term has two leaders, a quorum that can talk has one within 10 s, and no poll is accepted against its rule (SEED=${seed})`, t => {
	t.timeout(120_000 + schedules * 100);
	let steps = 0;
	for (let number = 0; number < schedules; number++) {
		const played = play(number);
		steps += played.steps;
		if (played.offences.length > 0) {
			t.fail(played.offences.join('\n'));
			return;
		}
	}
	t.log(`${schedules} schedules, ${steps} steps`);
	t.pass();
});
