import type {Instance} from '../../store/resources/instance.js';
import type {ImageTemplate} from '../../store/resources/image.js';
import type {Engine, Engines} from '../ports/engine.js';
import {PortHeldError} from './failure.js';

type HostPort = ReturnType<Engine['hostPorts']>[number];

/** Who among the Instances of a node has which host port. Templates are frozen, so what one asks for is worked out once. */
export class HostPorts {
	readonly #engines: Engines;
	readonly #asked = new WeakMap<ImageTemplate, readonly HostPort[]>();

	constructor(engines: Engines) {
		this.#engines = engines;
	}

	/** Throws a `PortHeldError` that names the other Instance when one of `others` has a port that `instance` asks for. `others` is asked for only when it asks for any. */
	check(instance: Instance, others: () => readonly Instance[]): void {
		const wanted = this.#asks(instance.spec.image);
		if (wanted.length === 0) return;
		for (const other of others()) {
			if (other.metadata.uid === instance.metadata.uid || !hasContainer(other)) continue;
			const port = wanted.find(one => this.#holds(other, one));
			if (port) throw new PortHeldError(`host port ${port.host}/${port.protocol} is held by ${other.metadata.namespace ?? ''}/${other.metadata.name}`, other.metadata.uid);
		}
	}

	#holds(other: Instance, wanted: HostPort): boolean {
		const published = (other.status?.ports ?? []).map(({host, protocol, address}): HostPort => ({host, protocol, ...(address === undefined ? {} : {address})}));
		return [...this.#asks(other.spec.image), ...published].some(held => held.host === wanted.host && held.protocol === wanted.protocol && overlap(held.address, wanted.address));
	}

	#asks(template: ImageTemplate): readonly HostPort[] {
		const known = this.#asked.get(template);
		if (known) return known;
		const asked = this.#engines.get(template.engine)?.hostPorts(template) ?? [];
		this.#asked.set(template, asked);
		return asked;
	}
}

/** One that was started and not finished has its ports, also while it waits to be restarted; one that never got so far has none. */
function hasContainer({status}: Instance): boolean {
	if (status?.engineId === undefined) return false;
	return status.phase !== 'Terminated' && status.phase !== 'Pending' && status.reason !== 'Error';
}

const everywhere: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);

function overlap(a = '', b = ''): boolean {
	return a === b || everywhere.has(a) || everywhere.has(b);
}
