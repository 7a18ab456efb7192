import test from 'ava';
import type {Candidate, Placeable} from '../../../reconcilers/placement/candidate.js';
import {place} from '../../../reconcilers/placement/place.js';
import {cpuMillis, cpuText, memoryBytes, memoryText} from '../../../reconcilers/placement/quantity.js';
import {candidate} from '../support/nodes.js';

const explanations: readonly [string, Placeable, readonly Candidate[], string][] = [
	['nodes are counted by what they lack', {capabilities: ['gpu']}, [candidate('a', {own: true}), candidate('b'), candidate('c', {unschedulable: true})], '0/3 nodes fit: 2 lack capability gpu, 1 is cordoned'],
	['one node is one node', {engine: 'process'}, [candidate('a', {own: true})], '0/1 node fits: 1 has no engine process'],
	['a sick engine is named', {engine: 'docker'}, [candidate('a', {engines: [{name: 'docker', version: '', healthy: false}]})], '0/1 node fits: 1 has no healthy engine docker'],
	['a pin to nobody says who is not it', {node: 'z'}, [candidate('a'), candidate('b')], '0/2 nodes fit: 2 are not z'],
	['room is counted with what is promised', {resources: {memory: '600Mi'}}, [candidate('a', {reserved: {cpuMillis: 0, memoryBytes: 512 * 2 ** 20}})], '0/1 node fits: 1 has less than 600Mi memory free'],
	['nobody at all', {}, [], 'no node is known yet'],
];

for (const [title, placeable, candidates, explanation] of explanations) {
	test(`why nothing was placed: ${title}`, t => {
		t.deepEqual(place(placeable, candidates), {kind: 'unplaceable', explanation});
	});
}

test('here when this node can, otherwise the emptier peer, otherwise the first by name', t => {
	const nameOf = (placeable: Placeable, candidates: readonly Candidate[]): string => {
		const placement = place(placeable, candidates);
		return placement.kind === 'placed' ? placement.nodeName : placement.explanation;
	};
	const full = {cpuMillis: 3900, memoryBytes: 2 ** 29};
	t.is(nameOf({}, [candidate('a'), candidate('b', {own: true, reserved: full})]), 'b');
	t.is(nameOf({resources: {cpu: '2'}}, [candidate('a', {reserved: {cpuMillis: 1000, memoryBytes: 0}}), candidate('b', {own: true, reserved: full}), candidate('c')]), 'c');
	t.is(nameOf({}, [candidate('b'), candidate('a')]), 'a');
});

test('a pin is a name, an id or an address', t => {
	for (const node of ['bb', 'id-bb', '10.0.0.2']) t.like(place({node}, [candidate('a', {own: true}), candidate('bb')]), {nodeName: 'bb'});
});

test('a capability is asked for by name or by name and type', t => {
	const able = candidate('a', {capabilities: [{capability: 'zigbee', capability_type: 'hardware', source: 'static'}]});
	t.is(place({capabilities: ['zigbee', {capability: 'zigbee', capability_type: 'hardware'}]}, [able]).kind, 'placed');
	t.deepEqual(place({capabilities: [{capability: 'zigbee', capability_type: 'engine'}]}, [able]), {kind: 'unplaceable', explanation: '0/1 node fits: 1 lacks capability zigbee (engine)'});
});

test('the engine is the one that is named, or the first healthy one', t => {
	const engines = [{name: 'docker', version: '', healthy: false}, {name: 'process', version: '1', healthy: true}];
	t.like(place({}, [candidate('a', {engines})]), {engine: 'process'});
});

test('quantities read as Kubernetes writes them', t => {
	t.deepEqual([cpuMillis('500m'), cpuMillis('2'), cpuMillis(0.5), cpuText(500), cpuText(2000)], [500, 2000, 500, '500m', '2']);
	t.deepEqual([memoryBytes('128Mi'), memoryBytes('1G'), memoryBytes(7), memoryText(2 ** 30), memoryText(1536 * 2 ** 20), memoryText(7)], [2 ** 27, 1e9, 7, '1Gi', '1536Mi', '7']);
});
