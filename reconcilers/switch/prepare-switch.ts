import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import type {Store} from '../../store/store.js';
import {Gate} from '../instance/gate.js';
import {HostPorts} from '../instance/host-ports.js';
import {prepareImage} from '../instance/prepare-image.js';
import {workloadOf} from '../instance/workload.js';
import {instancesOn} from '../instances-on.js';
import type {CallOptions, Engine, Engines} from '../ports/engine.js';
import type {ImageSources} from '../ports/image-sources.js';
import type {SwitchedInstance, SwitchOrder, SwitchReadiness} from '../ports/switches.js';
import type {Pins} from '../remote/pins.js';
import {instanceOf, obstacleToInstance} from './obstacle.js';

/** What making ready needs. */
export interface SwitchPreparationOptions {
	readonly store: Store;
	readonly engines: Engines;
	readonly node: {readonly id: string; readonly name: string};
	readonly images: ImageSources;
	/** Images that are brought at once. */
	readonly width: number;
}

/** Makes ready what an owner will change here. Nothing that runs is touched. Rejects only when the signal aborts. */
export type PrepareSwitch = (order: SwitchOrder, options: CallOptions) => Promise<SwitchReadiness>;

/** Why something could not be made ready, in a sentence for whoever wants it. */
class NotReady extends Error {
	override readonly name = 'NotReady';
}

/** What is not stored yet stands for what this node makes of its name; it is decided for all once it runs. */
const undecided: Pick<Pins, 'known' | 'agree'> = {
	known: () => undefined,
	agree: async (_, {contentId}) => Promise.resolve(contentId),
};

/** Looks whether everything could run here as it is to be, as a step that starts it would, and brings the images. */
export function createSwitchPreparation({store, engines, node, images, width}: SwitchPreparationOptions): PrepareSwitch {
	const hostPorts = new HostPorts(engines);
	const gate = new Gate(width);
	const prepareOne = async (instance: Instance, others: readonly Instance[], {signal}: CallOptions): Promise<void> => {
		const {name} = instance.metadata;
		const engine: Engine | undefined = engines.get(instance.spec.image.engine);
		if (engine === undefined) throw new NotReady(`it has no engine ${instance.spec.image.engine} for ${name}`);
		const workload = workloadOf(instance, {nodeId: node.id});
		const [refusal] = engine.review(workload.template, workload);
		if (refusal) throw new NotReady(`${name}: ${refusal.field}: ${refusal.message}. ${refusal.fix}`);
		try {
			hostPorts.check(instance, () => others);
			await gate.run(signal, async () => prepareImage({engine, instance, workload, sources: images, pins: undecided, signal, onPulling: () => undefined, onFetching: () => undefined}));
		} catch (error) {
			signal.throwIfAborted();
			throw new NotReady(`${name}: ${error instanceof Error ? error.message : String(error)}`, {cause: error});
		}
	};
	return async ({instances, newcomers, owner}, {signal}) => {
		const obstacle = instances.map(instance => strayOf(instance) ?? obstacleToInstance(store, instance, owner)).find(because => because !== undefined);
		if (obstacle !== undefined) return {ready: false, because: obstacle};
		// With the ports that are published now and those that will be asked for: what is replaced lets go of its own only then.
		const next = new Map(instances.map(one => [one.uid, one.next]));
		const others = instancesOn(store, node).map(instance => ({...instance, ...next.get(instance.metadata.uid), ...(instance.status === undefined ? {} : {status: instance.status})}));
		try {
			await Promise.all([...next.values(), ...newcomers].map(async instance => prepareOne(instance, others, {signal})));
		} catch (error) {
			if (error instanceof NotReady) return {ready: false, because: error.message};
			throw error;
		}
		return {ready: true, because: ''};
	};

	/** Nobody changes by such an order what runs elsewhere. */
	function strayOf({uid, next}: SwitchedInstance): string | undefined {
		const current = instanceOf(store, uid);
		return isBoundTo(next, node) && (current === undefined || isBoundTo(current, node)) ? undefined : `${next.metadata.name} is not bound to it`;
	}
}
