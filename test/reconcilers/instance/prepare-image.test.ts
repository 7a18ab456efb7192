import test from 'ava';
import {prepareImage} from '../../../reconcilers/instance/prepare-image.js';
import {EngineError, type Engine} from '../../../reconcilers/ports/engine.js';
import {workload} from '../../controller/engines/samples.js';

type Policy = 'IfNotPresent' | 'Always' | 'Never';

/** What is asked in which order, when the image is at these places. */
async function orderOf(pullPolicy: Policy, has: {readonly node?: boolean; readonly peers?: boolean | 'failing'; readonly registry?: boolean}): Promise<readonly string[]> {
	const order: string[] = [];
	let isHere = has.node === true;
	const missing = (): EngineError => new EngineError('ImageUnavailable', 'it is not there', {transient: true});
	const engine = {images: {}, prepare: async ({template}: {readonly template: {readonly pullPolicy: Policy}}) => {
		await Promise.resolve();
		const mayPull = template.pullPolicy !== 'Never';
		if (mayPull && (template.pullPolicy === 'Always' || !isHere)) {
			order.push('registry');
			if (has.registry !== true) throw missing();
			isHere = true;
		} else order.push('node');
		if (!isHere) throw missing();
		return {contentId: ''};
	}} as unknown as Engine;
	const sources = {fetch: async () => {
		await Promise.resolve();
		order.push('peers');
		if (has.peers === 'failing') throw missing();
		isHere = has.peers === true || isHere;
		return isHere ? 'sha256:1' : undefined;
	}};
	await prepareImage({engine, workload: workload({template: {pullPolicy}}), sources, signal: new AbortController().signal, onPulling: () => undefined, onFetching: () => undefined})
		.then(() => order.push('ready'), (error: unknown) => order.push(error instanceof EngineError ? error.code : String(error)));
	return order;
}

const cases: readonly (readonly [string, Policy, Parameters<typeof orderOf>[1], readonly string[]])[] = [
	['what is on the node is taken, and nobody is asked', 'IfNotPresent', {node: true, peers: true, registry: true}, ['node', 'ready']],
	['what a peer has is had from it, and no registry is asked', 'IfNotPresent', {peers: true, registry: true}, ['node', 'peers', 'node', 'ready']],
	['what no peer has is pulled', 'IfNotPresent', {registry: true}, ['node', 'peers', 'registry', 'ready']],
	['a peer that fails is no reason not to pull', 'IfNotPresent', {peers: 'failing', registry: true}, ['node', 'peers', 'registry', 'ready']],
	['what nobody has cannot be had', 'IfNotPresent', {}, ['node', 'peers', 'registry', 'ImageUnavailable']],
	['Never asks the peers and no registry', 'Never', {peers: true, registry: true}, ['node', 'peers', 'node', 'ready']],
	['Always asks the registry first', 'Always', {node: true, peers: true, registry: true}, ['registry', 'ready']],
	['Always is content with what the node has when there is no registry', 'Always', {node: true, peers: true}, ['registry', 'node', 'ready']],
	['Always is content with what a peer has when there is no registry', 'Always', {peers: true}, ['registry', 'node', 'peers', 'node', 'ready']],
];

for (const [title, policy, has, order] of cases) {
	test(title, async t => {
		t.deepEqual(await orderOf(policy, has), order);
	});
}
