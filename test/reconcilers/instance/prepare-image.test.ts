import test from 'ava';
import {prepareImage} from '../../../reconcilers/instance/prepare-image.js';
import {EngineError, type Engine} from '../../../reconcilers/ports/engine.js';
import {noImageSources, type WantedImage} from '../../../reconcilers/ports/image-sources.js';
import type {PinOffer} from '../../../reconcilers/remote/pins.js';
import {workload} from '../../controller/engines/samples.js';
import {instance} from '../../store/samples.js';

const undecided = {known: () => undefined, agree: async (_instance: unknown, {contentId}: PinOffer) => Promise.resolve(contentId)};

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
	const sources = {...noImageSources, fetch: async () => {
		await Promise.resolve();
		order.push('peers');
		if (has.peers === 'failing') throw missing();
		isHere = has.peers === true || isHere;
		return isHere ? 'sha256:1' : undefined;
	}};
	await prepareImage({engine, instance: instance('web'), workload: workload({template: {pullPolicy}}), sources, pins: undecided, signal: new AbortController().signal, onPulling: () => undefined, onFetching: () => undefined})
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

interface World {
	/** What the name means on this node, on another one and in the registry; ids that each of them has besides. */
	readonly name?: string;
	readonly peers?: readonly string[];
	readonly registry?: string;
	readonly here?: readonly string[];
	/** What is decided: heard of in the copy, or only by asking the owner. */
	readonly known?: string;
	readonly decided?: string;
	/** What this Instance ran last of this spec. */
	readonly ran?: string;
	/** Whether the owner lets go of what is decided. */
	readonly letsGo?: boolean;
	readonly pullPolicy?: Policy;
}

/** Which content runs in a world, or the error; and what the owner was told. */
async function contentIn(world: World): Promise<{readonly runs: string; readonly offers: readonly Partial<PinOffer>[]}> {
	const {pullPolicy = 'IfNotPresent'} = world;
	let name = world.name;
	const here = new Set([...world.here ?? [], ...(name === undefined ? [] : [name])]);
	const missing = (what: string): EngineError => new EngineError('ImageUnavailable', `${what} is not there`, {transient: true});
	const engine = {images: {}, prepare: async ({template}: {readonly template: {readonly image: string; readonly pullPolicy: Policy}}) => {
		await Promise.resolve();
		if (here.has(template.image)) return {contentId: template.image};
		if (template.pullPolicy === 'Always' || (template.pullPolicy !== 'Never' && name === undefined)) {
			if (world.registry === undefined) throw missing('the registry');
			name = world.registry;
			here.add(name);
		}
		if (name === undefined || template.image.startsWith('id')) throw missing(template.image);
		return {contentId: name};
	}} as unknown as Engine;
	const offers: PinOffer[] = [];
	let decided = world.known ?? world.decided;
	const {template} = workload({template: {image: 'shop/web:1', pullPolicy}});
	const before = instance('web');
	const preparing = prepareImage({
		engine, workload: {...workload(), template}, signal: new AbortController().signal, onPulling: () => undefined, onFetching: () => undefined,
		instance: world.ran === undefined ? before : {...before, status: {phase: 'Failed', reason: '', message: '', ready: false, restarts: 0, conditions: [], specHash: before.spec.specHash, contentId: world.ran}},
		sources: {...noImageSources, platform: 'linux/amd64', fetch: async ({contentId}: WantedImage) => {
			const found = world.peers?.find(id => contentId === undefined || id === contentId);
			if (found !== undefined) here.add(found);
			if (contentId === undefined && name === undefined) name = found;
			return Promise.resolve(found);
		}},
		pins: {known: () => world.known, agree: async (_instance, offer) => {
			offers.push(offer);
			if (offer.contentId !== undefined && (decided === undefined || (decided === offer.instead && world.letsGo === true))) decided = offer.contentId;
			return Promise.resolve(decided);
		}},
	});
	const runs = await preparing.catch((error: unknown) => error instanceof EngineError ? error.code : String(error));
	return {runs: String(runs), offers: offers.map(({platform: _, ...rest}) => rest)};
}

const contents: readonly (readonly [string, World, string])[] = [
	['the first decides by what the name means to it', {name: 'id1', peers: ['id2'], registry: 'id3'}, 'id1'],
	['the first that has nothing decides by what another node has', {peers: ['id2'], registry: 'id3'}, 'id2'],
	['with Always the first decides by the registry', {pullPolicy: 'Always', name: 'id1', peers: ['id2'], registry: 'id3'}, 'id3'],
	['what is decided runs, whatever the name means here', {known: 'id2', name: 'id1', here: ['id2'], registry: 'id3'}, 'id2'],
	['what is decided comes from another node, whatever the name means here', {known: 'id2', name: 'id1', peers: ['id3', 'id2']}, 'id2'],
	['what is decided runs also with Always: the registry was asked when it was decided', {pullPolicy: 'Always', known: 'id2', name: 'id1', here: ['id2'], registry: 'id3'}, 'id2'],
	['who has not heard of the decision asks the owner', {decided: 'id2', name: 'id1', peers: ['id2']}, 'id2'],
	['what is decided is pulled when the registry means the same', {decided: 'id2', registry: 'id2'}, 'id2'],
	['what an instance ran before runs again when what is decided cannot be had', {known: 'id2', ran: 'id4', here: ['id4'], name: 'id1'}, 'id4'],
	['what nobody has or runs any more is decided anew', {known: 'id2', name: 'id1', letsGo: true}, 'id1'],
	['what others run is not mixed with what the name means here', {known: 'id2', name: 'id1'}, 'ImageUnavailable'],
	['Never is never pulled, whatever is decided', {pullPolicy: 'Never', known: 'id2', registry: 'id2'}, 'ImageUnavailable'],
];

for (const [title, world, runs] of contents) {
	test(title, async t => {
		t.is((await contentIn(world)).runs, runs);
	});
}

test('the owner is asked before anything is fetched, and offered what the name means; told what could not be had', async t => {
	t.deepEqual((await contentIn({name: 'id1'})).offers, [{}, {contentId: 'id1'}]);
	t.deepEqual((await contentIn({known: 'id2', name: 'id1', letsGo: true})).offers, [{contentId: 'id1', instead: 'id2'}]);
	t.deepEqual((await contentIn({known: 'id2', here: ['id2']})).offers, []);
});
