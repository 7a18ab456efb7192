import test from 'ava';
import type {GroupEvent} from '../../../../controller/peers/group/events.js';
import {tellNode, type NodeConduct} from '../../../../controller/peers/group/node-conduct.js';
import {eventually} from '../../../support/eventually.js';

const silent = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};
const conduct: NodeConduct = {
	polls: {ready: () => ({vote: 'yes', reason: ''})},
	actions: {note: {prepare: () => ({vote: 'yes', reason: ''}), perform: () => undefined}},
	queries: {name: () => 'attic'},
};

test('a node refuses what it does not know, also what every object of the language has', async t => {
	const replies: GroupEvent[] = [];
	const tell = tellNode(conduct, silent);
	for (const name of ['colour', 'toString', 'constructor', '__proto__']) {
		tell({type: 'poll', id: `poll ${name}`, from: 'a', topic: name, value: null, leftMs: 1000}, reply => replies.push(reply));
		tell({type: 'prepare', id: `act ${name}`, from: 'a', action: {name}, inMs: 1000}, reply => replies.push(reply));
		tell({type: 'query', id: `query ${name}`, from: 'a', query: name}, reply => replies.push(reply));
	}
	await eventually(() => replies.length === 12, {what: 'an answer to everything'});
	for (const reply of replies) {
		if (reply.type === 'voted') {
			t.is(reply.vote, 'no', reply.id);
			t.regex(reply.reason, /^this node knows no (poll|action) /u);
		} else t.like(reply, {type: 'answered', answer: {error: `this node knows no query ${'id' in reply ? reply.id.slice(6) : ''}`}});
	}
});
