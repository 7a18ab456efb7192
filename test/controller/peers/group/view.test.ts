import test from 'ava';
import {defaultPeriods} from '../../../../controller/peers/group/periods.js';
import {initialState, type GroupState} from '../../../../controller/peers/group/state.js';
import {viewOf} from '../../../../controller/peers/group/view.js';

const state = (id: string, term: number, leader?: string): GroupState => ({
	...initialState({self: {id, kind: 'test', run: id}, periods: defaultPeriods, durable: {term}, seed: 1, nowMs: 0}), leader,
});
const seen = (heard: GroupState | undefined, locals: readonly GroupState[]) => {
	const {leader, term} = viewOf({heard, locals, durables: locals.map(({durable}) => durable), nameOf: id => `name of ${id}`});
	return {leader, term};
};

test('a leader is shown with the term in which it leads, also while a later one was heard of already', t => {
	t.deepEqual(seen(state('a/*', 4, 'b'), [state('a', 3, 'c')]), {leader: 'name of c', term: 3});
	t.deepEqual(seen(state('a/*', 4, 'b'), []), {leader: 'name of b', term: 4});
});

test('of several members here the one that has come furthest says who leads', t => {
	t.deepEqual(seen(undefined, [state('a/1', 3, 'c'), state('a/2', 4, 'b')]), {leader: 'name of b', term: 4});
	t.deepEqual(seen(undefined, [state('a/1', 4), state('a/2', 3, 'c')]), {leader: undefined, term: 4});
	t.deepEqual(seen(undefined, [state('a/1', 4), state('a/2', 4, 'c')]), {leader: 'name of c', term: 4});
});

test('who is known is told of the group that is there, not of the one before it that a member here which is away still counts', t => {
	const of = (lineage: string, term: number, members: readonly string[]) => ({term, lineage, configuration: {stamp: {term, version: 1}, members}});
	const here = {...state('n/x', 3, 'n/x'), durable: of('new', 3, ['n/x'])};
	const {known, members} = viewOf({heard: undefined, locals: [here], durables: [here.durable, of('old', 9, ['m/x', 'n/y', 'o/x'])], nameOf: id => id});
	t.is(known, 1);
	t.deepEqual(members.map(({id}) => id), ['n/x']);
});
