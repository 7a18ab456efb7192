import test from 'ava';
import type {Candidate, Placeable} from '../../../reconcilers/placement/candidate.js';
import {place} from '../../../reconcilers/placement/place.js';
import {cpuMillis, cpuText, memoryBytes, memoryText} from '../../../reconcilers/placement/quantity.js';
import {randomFrom, roundsOf, seedOfRun} from '../../support/random.js';
import {candidate} from '../support/nodes.js';

const web = {host: 80, protocol: 'tcp'} as const;
const held = (by: string, address = '') => ({...web, address, by});
const nameOf = (placeable: Placeable, candidates: readonly Candidate[]): string => {
	const placement = place(placeable, candidates);
	return placement.kind === 'placed' ? placement.nodeName : placement.explanation;
};

const explanations: readonly [string, Placeable, readonly Candidate[], string][] = [
	['nodes are counted by what they lack', {capabilities: ['gpu']}, [candidate('a', {own: true}), candidate('b'), candidate('c', {unschedulable: true})], '0/3 nodes fit: 2 lack capability gpu, 1 is cordoned'],
	['one node is one node', {engine: 'process'}, [candidate('a', {own: true})], '0/1 node fits: 1 has no engine process'],
	['a sick engine is named', {engine: 'docker'}, [candidate('a', {engines: [{name: 'docker', version: '', healthy: false}]})], '0/1 node fits: 1 has no healthy engine docker'],
	['a pin to nobody says who is not it', {node: 'z'}, [candidate('a'), candidate('b')], '0/2 nodes fit: 2 are not z'],
	['room is counted with what is promised', {resources: {memory: '600Mi'}}, [candidate('a', {reserved: {cpuMillis: 0, memoryBytes: 512 * 2 ** 20}})], '0/1 node fits: 1 has less than 600Mi memory free'],
	['a drained, a silent and a doubled one take nothing new', {}, [candidate('a', {drain: true}), candidate('b', {voice: 'silent'}), candidate('c', {voice: 'doubled'}), candidate('d', {voice: 'stranger'})], '0/4 nodes fit: 1 is being drained, 1 is silent, 1 is doubled: two agents speak under one id, 1 is not in this cluster'],
	['a node that others call not ready', {}, [candidate('a', {conditions: [{type: 'Ready', status: 'Unknown', reason: 'NodeSilent', message: '', lastTransitionTime: '2026-01-01T00:00:00Z'}]})], '0/1 node fits: 1 is not ready'],
	['labels are named', {placement: {nodeSelector: {site: 'north', floor: '2'}}}, [candidate('a', {labels: {site: 'north'}}), candidate('b', {labels: {floor: '2', site: 'south'}})], '0/2 nodes fit: 1 lacks label floor=2, 1 lacks label site=north'],
	['a taken port names its holder, several are counted', {hostPorts: () => [web]}, [candidate('a', {ports: [held('default/x-web-0')]}), candidate('b', {ports: [held('default/y-web-0')]}), candidate('c', {unschedulable: true})], '0/3 nodes fit: 2 have host port 80/tcp held by others, 1 is cordoned'],
	['nobody at all', {}, [], 'no node is known yet'],
];

for (const [title, placeable, candidates, explanation] of explanations) {
	test(`why nothing was placed: ${title}`, t => {
		t.deepEqual(place(placeable, candidates), {kind: 'unplaceable', explanation});
	});
}

test('here when this node can, otherwise the emptier peer, otherwise the first by name', t => {
	const full = {cpuMillis: 3900, memoryBytes: 2 ** 29};
	t.is(nameOf({}, [candidate('a'), candidate('b', {own: true, reserved: full})]), 'b');
	t.is(nameOf({resources: {cpu: '2'}}, [candidate('a', {reserved: {cpuMillis: 1000, memoryBytes: 0}}), candidate('b', {own: true, reserved: full}), candidate('c')]), 'c');
	t.is(nameOf({}, [candidate('b'), candidate('a')]), 'a');
});

test('spread takes the node with the fewest of the same image, then the freest; pack the fullest that fits', t => {
	const half = {cpuMillis: 2000, memoryBytes: 2 ** 29};
	const nodes = [candidate('a', {alike: {web: 1}}), candidate('b', {alike: {db: 5}, reserved: half}), candidate('c', {own: true, alike: {web: 2}})];
	t.is(nameOf({name: 'web', placement: {strategy: 'spread'}}, nodes), 'b');
	t.is(nameOf({name: 'db', placement: {strategy: 'spread'}}, nodes), 'a');
	t.is(nameOf({placement: {strategy: 'pack'}}, nodes), 'b');
	t.is(nameOf({placement: {strategy: 'pack'}, resources: {cpu: '3'}}, nodes), 'a');
	t.is(nameOf({placement: {strategy: 'here'}}, nodes), 'c');
});

test('a preferred capability adds its weight, but outweighs neither the own node nor a filter', t => {
	const ssd = {capabilities: [{capability: 'ssd', capability_type: 'hardware', source: 'static'}]};
	const prefer = [{capability: 'ssd', weight: 50}];
	t.is(nameOf({placement: {prefer}}, [candidate('a'), candidate('b', {...ssd, reserved: {cpuMillis: 1000, memoryBytes: 0}})]), 'b');
	t.is(nameOf({placement: {prefer}}, [candidate('a', {own: true}), candidate('b', ssd)]), 'a');
	t.is(nameOf({placement: {prefer}}, [candidate('a'), candidate('b', {...ssd, unschedulable: true})]), 'a');
});

test('a host port is taken where it is free; with one node to choose from it is waited for there', t => {
	const asks = {hostPorts: () => [web]};
	t.is(nameOf(asks, [candidate('a', {own: true, ports: [held('default/x-web-0')]}), candidate('b')]), 'b');
	t.is(nameOf(asks, [candidate('a', {own: true, ports: [held('default/x-web-0')]}), candidate('b', {unschedulable: true})]), 'a');
	t.is(nameOf({hostPorts: () => [{...web, address: '127.0.0.1'}]}, [candidate('a', {own: true, ports: [held('default/x-web-0', '10.0.0.1')]}), candidate('b')]), 'a');
	t.is(nameOf({hostPorts: () => [{...web, protocol: 'udp'}]}, [candidate('a', {own: true, ports: [held('default/x-web-0')]}), candidate('b')]), 'a');
});

test('whatever the nodes are like, a chosen one passes every filter, and an unplaceable question names as many refusals as there are nodes', t => {
	const seed = seedOfRun();
	const random = randomFrom(seed);
	const below = (count: number): number => Math.floor(random() * count);
	const some = <T>(of: readonly T[]): T => of[below(of.length)]!;
	for (let round = 0; round < roundsOf(2000); round += 1) {
		const nodes = Array.from({length: 1 + below(6)}, (_, index) => candidate(`n${index}`, {
			own: index === 0, voice: some(['heard', 'heard', 'silent', 'doubled']), unschedulable: below(4) === 0, labels: below(2) === 0 ? {site: 'north'} : {},
			capabilities: below(2) === 0 ? [{capability: 'gpu', capability_type: 'hardware', source: 'static'}] : [], reserved: {cpuMillis: below(5000), memoryBytes: below(2 ** 30)},
			ports: below(3) === 0 ? [held('default/x-web-0')] : [], alike: {web: below(4)},
		}));
		const asked: Placeable = {
			name: 'web', resources: {cpu: `${1 + below(4000)}m`}, capabilities: below(2) === 0 ? ['gpu'] : [], hostPorts: () => (below(2) === 0 ? [web] : []),
			placement: {strategy: some(['here', 'spread', 'pack']), ...(below(2) === 0 ? {nodeSelector: {site: 'north'}} : {})},
		};
		const placement = place(asked, nodes);
		if (placement.kind === 'placed') {
			const chosen = nodes.find(({node}) => node.metadata.name === placement.nodeName)!;
			t.is(place(asked, [chosen]).kind, 'placed', `SEED=${seed}`);
			t.deepEqual([chosen.voice, chosen.node.spec.unschedulable], ['heard', false]);
		} else {
			const counts = [...placement.explanation.matchAll(/(\d+) (?:is|are|has|have|lacks?) /gu)].map(match => Number(match[1]));
			t.is(counts.reduce((sum, count) => sum + count, 0), nodes.length, `SEED=${seed}: ${placement.explanation}`);
		}
	}
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
