import test from 'ava';
import type {Durable} from '../../../../store/resources/group-member.js';
import type {MemberEvent} from '../../../../controller/peers/group/events.js';
import type {Message} from '../../../../controller/peers/group/messages.js';
import {defaultPeriods} from '../../../../controller/peers/group/periods.js';
import {Runner} from '../../../../controller/peers/group/runner.js';
import {eventually} from '../../../support/eventually.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};
const configuration = {stamp: {term: 1, version: 1}, members: ['a', 'b', 'c']};
const candidacy = (from: string): Message => ({from, lineage: 'l', term: 2, body: {type: 'candidacy', stamp: configuration.stamp}});

/** A member of three, and everything it says and stores, in the order in which it does. */
function openRunner(durable: Durable, store: (durable: Durable) => Promise<void>): {readonly runner: Runner; readonly done: string[]; readonly told: MemberEvent[]} {
	const done: string[] = [];
	const told: MemberEvent[] = [];
	const runner = new Runner({
		member: {id: 'a', kind: 'test'}, periods: defaultPeriods, durable, clock: {monotonicMs: () => performance.now()}, log: silent,
		store: async given => {
			await store(given);
			done.push(`stored ${given.term} ${given.votedFor ?? '-'}`);
		},
		send: (to, {body}) => void done.push(`${body.type}${'granted' in body ? ` ${body.granted}` : ''} to ${to}`),
		broadcast: () => undefined, tell: event => void told.push(event), left: () => void done.push('left'),
	});
	return {runner, done, told};
}

test('a vote is on disk before it is sent', async t => {
	let release = (): void => undefined;
	const {runner, done} = openRunner({term: 1, lineage: 'l', configuration}, async () => new Promise<void>(resolve => (release = resolve)));
	t.teardown(() => runner.stop());
	runner.give({type: 'received', message: candidacy('b')});
	await new Promise(resolve => setImmediate(resolve));
	t.deepEqual(done, [], 'nothing is said while the disk has not answered');
	release();
	await eventually(() => done.length === 2);
	t.deepEqual(done, ['stored 2 b', 'ballot true to b']);
});

test('a vote that cannot be stored is not given, and may be given to another', async t => {
	let isFull = true;
	const {runner, done} = openRunner({term: 1, lineage: 'l', configuration}, async () => (isFull ? Promise.reject(new Error('disk full')) : Promise.resolve()));
	t.teardown(() => runner.stop());
	runner.give({type: 'received', message: candidacy('b')});
	await eventually(() => runner.state.durable.term === 1);
	t.deepEqual(done, []);
	isFull = false;
	runner.give({type: 'received', message: candidacy('c')});
	await eventually(() => done.length === 2);
	t.deepEqual(done, ['stored 2 c', 'ballot true to c']);
});

test('whoever is stopped answers what it was asked, and nothing more', async t => {
	const {runner, done} = openRunner({term: 1, lineage: 'l', configuration}, async () => Promise.resolve());
	const asked = runner.request({kind: 'query', query: 1, deadlineMs: 60_000});
	runner.stop();
	t.deepEqual(await asked, {kind: 'timeout'});
	runner.give({type: 'received', message: candidacy('b')});
	t.deepEqual(await runner.request({kind: 'query', query: 1, deadlineMs: 60_000}), {kind: 'timeout'});
	t.deepEqual(done, []);
});

test('one that is alone founds its group, leads it, and ends it when it leaves', async t => {
	const {runner, done, told} = openRunner({term: 0}, async () => Promise.resolve());
	runner.give({type: 'founding', may: 'at-once'});
	await eventually(() => told.some(event => event.type === 'leader' && event.leader === 'a'));
	runner.give({type: 'leave'});
	await eventually(() => done.includes('left'));
	t.is(runner.state.durable.configuration?.members.join(), 'a');
});

test('whoever is stopped while its vote is written tells nobody of it', async t => {
	let release = (): void => undefined;
	const {runner, done} = openRunner({term: 1, lineage: 'l', configuration}, async () => new Promise<void>(resolve => (release = resolve)));
	runner.give({type: 'received', message: candidacy('b')});
	await new Promise(resolve => setImmediate(resolve));
	runner.stop();
	release();
	await eventually(() => done.length > 0);
	await new Promise(resolve => setImmediate(resolve));
	t.deepEqual(done, ['stored 2 b']);
});

test('publications that come while the disk is slow fill no memory, and those that are lost are told as a gap', async t => {
	let release = (): void => undefined;
	const {runner, told} = openRunner({term: 1, lineage: 'l', configuration}, async () => new Promise<void>(resolve => (release = resolve)));
	t.teardown(() => runner.stop());
	const presence = {run: 'r', kind: 'test', pending: false, leaving: false, published: 0, size: 3, led: false, over: false};
	runner.give({type: 'received', message: {from: 'b', lineage: 'l', term: 1, body: {type: 'alive', presence}}});
	runner.give({type: 'received', message: candidacy('b')});
	for (let sequence = 1; sequence <= 2000; sequence++) runner.give({type: 'received', message: {from: 'b', lineage: 'l', term: 2, body: {type: 'publication', run: 'r', sequence, tag: '', payload: sequence, sentAtMs: 0}}});
	runner.give({type: 'received', message: {from: 'b', lineage: 'l', term: 2, body: {type: 'alive', presence: {...presence, published: 2000}}}});
	release();
	await eventually(() => told.some(({type}) => type === 'gap'), {what: 'the gap to be told'});
	const taken = told.filter(({type}) => type === 'message').length;
	t.true(taken > 100 && taken < 1000);
	t.deepEqual(told.find(({type}) => type === 'gap'), {type: 'gap', from: 'b', first: taken + 1, last: 2000});
});
