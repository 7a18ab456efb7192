import test, {type ExecutionContext} from 'ava';
import {groupActions} from '../../../../controller/peers/group/actions.js';
import type {MemberEvent} from '../../../../controller/peers/group/events.js';
import {writeFrames} from '../../../../controller/peers/group/frames.js';
import {Groups} from '../../../../controller/peers/group/groups.js';
import type {Body} from '../../../../controller/peers/group/messages.js';
import {defaultPeriods} from '../../../../controller/peers/group/periods.js';
import {putVow, vowsOf, type Vow} from '../../../../controller/peers/group/vows.js';
import {openLevelStore} from '../../../../store/level/open.js';
import type {Store} from '../../../../store/store.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};
const clock = {now: () => new Date(), monotonicMs: () => performance.now(), random: () => Math.random()};
const lamp: Vow = {group: 'lamps', worker: 'lamp', memberKind: 'lamp', standing: 'member', durable: {term: 4}};

async function openTestStore(t: ExecutionContext): Promise<Store> {
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 0});
	t.teardown(async () => {
		await store[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	return store;
}

/** The groups of a node that nobody hears. */
function openGroups(t: ExecutionContext, store: Store, periods = defaultPeriods): Groups {
	const groups = new Groups({
		store, self: {id: 'n', name: 'attic'}, nodeName: () => undefined, periods, clock, log: silent,
		teller: () => () => undefined, publish: () => undefined, send: () => undefined,
	});
	t.teardown(async () => groups[Symbol.asyncDispose]());
	return groups;
}

const vowOf = (store: Store, group: string): Vow | undefined => vowsOf(store).find(vow => vow.group === group);

test('what a member has voted is still on its disk when something else is remembered meanwhile', async t => {
	const store = await openTestStore(t);
	await putVow(store, lamp);
	const member = openGroups(t, store).find('lamps', 'lamp')!;
	await Promise.all([member.keep(() => ({durable: {term: 5, votedFor: 'm/lamp'}})), member.keep(() => ({standing: 'leaving'}))]);
	t.like(vowOf(store, 'lamps'), {standing: 'leaving', durable: {term: 5, votedFor: 'm/lamp'}});
	t.deepEqual(member.vow, vowOf(store, 'lamps'));
});

test('who wanted to leave when the agent ended leaves after its next start, though its program is gone', async t => {
	const store = await openTestStore(t);
	await putVow(store, {...lamp, standing: 'leaving'});
	openGroups(t, store);
	await eventually(() => vowOf(store, 'lamps')?.standing === 'left', {what: 'it to have left'});
	t.like(vowOf(store, 'lamps'), {durable: {term: 4}}, 'in which term it has voted stays known');
});

test('whoever no longer waits for the answer does not keep a member from leaving', async t => {
	const store = await openTestStore(t);
	const alone = {term: 4, lineage: 'l', configuration: {stamp: {term: 4, version: 2}, members: ['m/lamp', 'n/lamp', 'o/lamp']}};
	await putVow(store, {...lamp, durable: alone});
	const member = openGroups(t, store).find('lamps', 'lamp')!;
	t.false(await member.leave(AbortSignal.abort()));
	t.like(vowOf(store, 'lamps'), {standing: 'leaving'});
});

/** As a member on the node m, which leads the group. */
function says(groups: Groups, body: Body): void {
	groups.heard('m', writeFrames('lamps', {from: 'm/lamp', lineage: 'l', term: 4, body}).map(frame => Buffer.from(frame)));
}
const presence = {run: 'r', kind: 'lamp', pending: false, leaving: false, published: 0, size: 1, led: true, over: false};
const lead: Body = {type: 'lead', presence, configuration: {stamp: {term: 4, version: 1}, members: ['m/lamp']}, sentMs: 1};

test('whoever watches a group goes on hearing of it when its members were gone and come back', async t => {
	const groups = openGroups(t, await openTestStore(t), {heartbeatMs: 50, electionMinMs: 75, electionMaxMs: 100, peerTimeoutMs: 150, pollMs: 100});
	says(groups, lead);
	const heard: MemberEvent['type'][] = [];
	const end = groups.watch('lamps', ({type}) => heard.push(type));
	await eventually(() => heard.includes('left') && groups.watch('lamps', () => undefined) === undefined, {what: 'the group to be gone'});
	says(groups, lead);
	await eventually(() => heard.includes('joined'), {what: 'it to be heard again'});
	end!();
	heard.length = 0;
	says(groups, {type: 'alive', presence: {...presence, run: 's'}});
	says(groups, {type: 'publication', run: 's', sequence: 1, tag: '', payload: 1, sentAtMs: 1});
	t.deepEqual(heard, [], 'and no more once it has ended');
});

test('events that nobody reads end their watch before they fill the memory', async t => {
	const store = await openTestStore(t);
	const groups = openGroups(t, store);
	says(groups, lead);
	const watch = groupActions({groups, store, shown: (_group, event) => event}).find(({action}) => action === 'group.watch')!;
	const events = watch.run({group: 'lamps'}, {caller: {kind: 'local'}, signal: new AbortController().signal, deadlineMs: 1000});
	if (!(Symbol.asyncIterator in events)) throw new Error('it answers in parts');
	const parts = events[Symbol.asyncIterator]();
	await parts.next();
	for (let sequence = 1; sequence <= 400; sequence++) says(groups, {type: 'publication', run: 'r', sequence, tag: '', payload: 'x'.repeat(32_000), sentAtMs: 1});
	let taken = 0;
	await t.throwsAsync(async () => {
		while ((await parts.next()).done !== true) taken++;
	}, {message: /read too slowly/u});
	t.true(taken < 8 * 2 ** 20 / 32_000);
});

test('a program that comes while its node leaves the cluster is in no group of before', async t => {
	const store = await openTestStore(t);
	await putVow(store, {...lamp, durable: {term: 4, lineage: 'l', configuration: {stamp: {term: 4, version: 2}, members: ['m/lamp', 'n/lamp', 'o/lamp']}}});
	const groups = openGroups(t, store);
	const leaving = groups.leaveCluster();
	groups.workersChanged(['lamp']);
	await leaving;
	t.like(vowOf(store, 'lamps'), {durable: {term: 4, lineage: undefined}});
	t.is(groups.find('lamps', 'lamp')?.runner?.state.durable.configuration, undefined);
});

test('a program that goes while its membership is written down takes part once it is back', async t => {
	const groups = openGroups(t, await openTestStore(t));
	groups.workersChanged(['lamp']);
	const joining = groups.join({group: 'lamps', worker: 'lamp', kind: 'lamp'});
	groups.workersChanged([]);
	const member = await joining;
	t.is(member?.runner, undefined);
	groups.workersChanged(['lamp']);
	t.not(member?.runner, undefined);
});

test('in the group of all nodes only nodes are heard, each for itself', async t => {
	const groups = openGroups(t, await openTestStore(t));
	const own = groups.local('cluster', undefined)!;
	const alive = (from: string) => ({from, term: 0, body: {type: 'alive', presence: {...presence, led: false}}}) as const;
	for (const from of ['m/lamp', 'o']) {
		groups.deliver('m', {group: 'cluster', to: 'n', message: alive(from)});
		groups.heard(from === 'o' ? 'o' : 'm', writeFrames('cluster', alive(from)).map(frame => Buffer.from(frame)));
	}
	await eventually(() => own.runner!.state.peers.has('o'), {what: 'the one that may to be heard'});
	t.deepEqual([...own.runner!.state.peers.keys()], ['o']);
});
