import test, {type ExecutionContext} from 'ava';
import {Groups} from '../../../../controller/peers/group/groups.js';
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
function openGroups(t: ExecutionContext, store: Store): Groups {
	const groups = new Groups({
		store, self: {id: 'n', name: 'attic'}, nodeName: () => undefined, periods: defaultPeriods, clock, log: silent,
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
