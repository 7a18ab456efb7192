import test from 'ava';
import type {SwitchVerdict} from '../../../reconcilers/ports/switches.js';
import {decidedReport, isReady, refusedReport} from '../../../reconcilers/switch/report.js';

const nameOf = (id: string): string => id.replace('id-', '');
const nodes = ['id-c', 'id-a', 'id-b'];
const verdict = (changes: Partial<SwitchVerdict> = {}): SwitchVerdict => ({
	outcome: 'accepted', reason: '', votes: nodes.map(member => ({member, vote: 'yes', reason: ''})),
	performances: nodes.map(member => ({member, performed: true, deviationMs: 0.5, boundMs: 2})), ...changes,
});

test('each node has its own word before the vote, and what is no node\'s is the reason for all', t => {
	const gathering = {nodes, obstacles: [], readiness: new Map([['id-a', {ready: true, because: ''}], ['id-b', {ready: false, because: 'no image'}], ['id-c', {unheard: 'it is not reached'}]])};
	t.false(isReady(gathering));
	t.deepEqual(refusedReport(gathering, nameOf), {
		switched: false, reason: 'not ready on b, c',
		nodes: [
			{nodeId: 'id-a', node: 'a', switched: false, vote: 'yes', reason: ''},
			{nodeId: 'id-b', node: 'b', switched: false, vote: 'no', reason: 'no image'},
			{nodeId: 'id-c', node: 'c', switched: false, vote: 'none', reason: 'it is not reached'},
		],
	});
	const barred = refusedReport({nodes, obstacles: [{because: 'it was changed meanwhile'}], readiness: new Map()}, nameOf);
	t.is(barred.reason, 'it was changed meanwhile');
	t.deepEqual(barred.nodes.map(({reason}) => reason), ['not asked', 'not asked', 'not asked']);
});

test('after the instant each node has its deviation', t => {
	const report = decidedReport({nodes, verdict: verdict(), switched: true, selfId: 'id-a', nameOf});
	t.deepEqual([report.switched, report.reason], [true, '']);
	t.deepEqual(report.nodes[1], {nodeId: 'id-b', node: 'b', switched: true, vote: 'yes', reason: '', deviationMs: 0.5, boundMs: 2});
});

test('a node that missed it, or is silent, switches by its owner\'s order, and the answer says so', t => {
	const {nodes: rows} = decidedReport({nodes, verdict: verdict({performances: [{member: 'id-a', performed: true, deviationMs: 0, boundMs: 0}, {member: 'id-b', performed: false, deviationMs: 2000, boundMs: 2}]}), switched: true, selfId: 'id-a', nameOf});
	t.deepEqual(rows.map(({node, switched, reason}) => [node, switched, reason]), [
		['a', true, ''], ['b', false, 'it missed the instant, and switches by its owner\'s order'], ['c', false, 'it has not reported; it switches as soon as its owner\'s order reaches it'],
	]);
});

test('what the owner did counts, whatever the verdict was', t => {
	t.like(decidedReport({nodes, verdict: verdict(), switched: false, selfId: 'id-a', nameOf}), {switched: false});
	t.regex(decidedReport({nodes, verdict: verdict(), switched: false, selfId: 'id-a', nameOf}).reason, /did not switch.*put back/u);
	t.regex(decidedReport({nodes, verdict: verdict({outcome: 'timeout', reason: 'no result in time'}), switched: true, selfId: 'id-a', nameOf}).reason, /has switched, though no result was heard \(no result in time\)/u);
	t.is(decidedReport({nodes, verdict: verdict({outcome: 'rejected', reason: 'not all agree', performances: []}), switched: false, selfId: 'id-a', nameOf}).reason, 'not all agree');
});
