import type {ImageEntry, ImageTemplate} from '../../store/resources/image.js';
import {templateOf} from '../../store/resources/image.js';
import {isBoundTo} from '../../store/resources/instance.js';
import type {Instance} from '../../store/resources/instance.js';
import type {Node} from '../../store/resources/node.js';
import type {Service} from '../../store/resources/service.js';
import type {Transaction} from '../../store/store.js';
import {containerFinalizer, holds, isDeleting} from '../finalizers.js';
import {instancesOn} from '../instances-on.js';
import type {Candidate, HeldPort, HostPort} from '../placement/candidate.js';
import {amountsOf, sumOf} from '../placement/quantity.js';
import type {Engines} from '../ports/engine.js';
import {suspectedAfterMs} from './fleet.js';
import type {FleetView} from './fleet.js';

/** What candidates are made of. */
export interface CandidatesOptions {
	readonly nodes: readonly Node[];
	readonly service: Service;
	/** Those of the Service itself. */
	readonly instances: readonly Instance[];
	readonly fleet: FleetView;
	readonly ports: AskedPorts;
	readonly lookup: Transaction['lookup'];
}

/** The nodes as candidates for one Service. What is promised on them is added up only where it is asked for or there is a choice. */
export function candidatesFor({nodes, service, instances, fleet, ports, lookup}: CandidatesOptions): readonly Candidate[] {
	const known = nodes.filter(({metadata, status}) => status?.id !== fleet.self.id || metadata.name === fleet.self.name);
	const asksForRoom = known.length > 1 || service.spec.images.some(image => image.resources !== undefined);
	const asksForPorts = known.length > 1 && service.spec.images.some(entry => ports.asksForAny(entry));
	return known.map(node => {
		const self = {id: node.status?.id ?? '', name: node.metadata.name};
		const bound = asksForRoom || asksForPorts ? instancesOn({lookup}, self) : [];
		return {
			node, own: node.metadata.name === fleet.self.name, voice: voiceOf(node, fleet),
			...(node.status === undefined ? {} : {capacity: amountsOf(node.status.capacity)}),
			reserved: sumOf(bound.map(one => amountsOf(one.spec.image.resources))),
			ports: asksForPorts ? bound.flatMap(one => heldBy(one, ports)) : [],
			alike: countByImage(instances.filter(one => !isDeleting(one) && isBoundTo(one, self))),
		};
	});
}

function voiceOf({metadata: {name}, status}: Node, {self, members}: FleetView): Candidate['voice'] {
	if (name === self.name) return 'heard';
	const member = status && members.get(status.id);
	if (!member) return 'stranger';
	if (member.doubled) return 'doubled';
	return member.silentMs >= suspectedAfterMs ? 'silent' : 'heard';
}

function heldBy(instance: Instance, ports: AskedPorts): readonly HeldPort[] {
	if (instance.status?.phase === 'Terminated' || (isDeleting(instance) && !holds(instance, containerFinalizer))) return [];
	const by = `${instance.metadata.namespace ?? ''}/${instance.metadata.name}`;
	const published = (instance.status?.ports ?? []).map(({host, protocol, address}): HostPort => ({host, protocol, ...(address === undefined ? {} : {address})}));
	return [...ports.of(instance.spec.image), ...published].map(port => ({...port, by}));
}

function countByImage(instances: readonly Instance[]): Readonly<Record<string, number>> {
	const counts: Record<string, number> = {};
	for (const {spec: {image: {name}}} of instances) counts[name] = (counts[name] ?? 0) + 1;
	return counts;
}

/** Which host ports a template asks for, by the engine that would run it. Templates and entries are frozen, so each is asked about once. */
export class AskedPorts {
	readonly #engines: Engines;
	readonly #ofTemplate = new WeakMap<ImageTemplate, readonly HostPort[]>();
	readonly #ofEntry = new WeakMap<ImageEntry, Map<string, readonly HostPort[]>>();

	constructor(engines: Engines) {
		this.#engines = engines;
	}

	/** None when this node lacks the engine, which alone can read its parameters. */
	of(template: ImageTemplate): readonly HostPort[] {
		const known = this.#ofTemplate.get(template);
		if (known) return known;
		const asked = this.#engines.get(template.engine)?.hostPorts(template) ?? [];
		this.#ofTemplate.set(template, asked);
		return asked;
	}

	/** Of an entry, were it run by this engine. */
	ofEntry(entry: ImageEntry, engine: string): readonly HostPort[] {
		const byEngine = this.#ofEntry.get(entry) ?? new Map<string, readonly HostPort[]>();
		this.#ofEntry.set(entry, byEngine);
		const asked = byEngine.get(engine) ?? this.of(templateOf(entry, engine));
		byEngine.set(engine, asked);
		return asked;
	}

	asksForAny(entry: ImageEntry): boolean {
		return entry.parameters !== undefined && this.#engines.all.some(({name}) => (entry.engine === undefined || entry.engine === name) && this.ofEntry(entry, name).length > 0);
	}
}
