import type {Event} from '../../store/resources/event.js';
import {capabilityText} from '../../store/resources/capability.js';
import type {ImageEntry} from '../../store/resources/image.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import {replicasOf} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import {isDeleting} from '../finalizers.js';
import {Draft} from '../service/draft.js';
import {silentAfterMs} from '../service/fleet.js';
import type {FleetView} from '../service/fleet.js';
import {isLoser, slotsOfService} from '../service/plan.js';
import type {ServiceView} from '../service/view.js';
import {explainSlot} from './explain-slot.js';
import type {NodeWord, Why, WhySlot, WhyWanted} from './why.js';

/**
 * Explains a Service from the view that its plan is made from, and from what was told of it, oldest first; `adoption` says what its taking over waits
 * for. Reads nothing else and writes nothing.
 */
export function explain(view: ServiceView, events: readonly Event[], adoption?: string): Why {
	const {service, fleet} = view;
	const {metadata: {namespace = '', name, uid}, status, spec} = service;
	const draft = new Draft(view);
	const nodes = nodesOf(draft, spec.images);
	const owner = ownerOf(service, fleet);
	const slots = slotsOfService(draft).flatMap(image => image.slots.map(slot => explainSlot(slot, {draft, owner})));
	const wanted = isDeleting(service) ? [] : spec.images.map(entry => wantedOf(service, entry));
	const why = {
		service: {namespace, name, uid, phase: status?.phase ?? 'Pending', message: status?.message ?? ''},
		owner, wanted, slots, nodes,
		tried: events.map(({type, reason, message, count, firstTimestamp, lastTimestamp}) => ({type, reason, message, count, firstTimestamp, lastTimestamp})),
	} as const;
	return {...why, chain: chainOf(service, {...why, adoption})};
}

function wantedOf({spec}: Service, entry: ImageEntry): WhyWanted {
	const needs = [
		...(entry.node === undefined ? [] : [`node ${entry.node}`]),
		...(entry.engine === undefined ? [] : [`engine ${entry.engine}`]),
		...(entry.capabilities ?? []).map(required => `capability ${capabilityText(required)}`),
		...Object.entries(spec.placement?.nodeSelector ?? {}).map(([key, value]) => `label ${key}=${value}`),
		...(entry.resources?.cpu === undefined ? [] : [`${entry.resources.cpu} cpu`]),
		...(entry.resources?.memory === undefined ? [] : [`${entry.resources.memory} memory`]),
	];
	return {image: entry.name, runs: entry.image, needs, ...(spec.perNode === true ? {} : {replicas: replicasOf(spec, entry)})};
}

function nodesOf(draft: Draft, entries: readonly ImageEntry[]): readonly NodeWord[] {
	return draft.candidates.map(candidate => {
		const {metadata: {name}, status} = candidate.node;
		const refuses: Record<string, string> = {};
		for (const entry of entries) {
			const refusal = draft.refusal(entry, candidate);
			if (refusal !== undefined) refuses[entry.name] = refusal;
		}
		return {...wordOf({id: status?.id ?? '', name}, draft.view.fleet), refuses};
	});
}

function ownerOf(service: Service, fleet: FleetView): Why['owner'] {
	const {owner = fleet.self.id} = ownershipOf(service);
	return wordOf({id: owner, name: owner === fleet.self.id ? fleet.self.name : fleet.members.get(owner)?.name ?? owner}, fleet);
}

function wordOf({id, name}: {readonly id: string; readonly name: string}, fleet: FleetView): Why['owner'] {
	if (id === fleet.self.id || name === fleet.self.name) return {id, name, state: 'here', silentMs: 0};
	const member = fleet.isForgotten(id) ? undefined : fleet.members.get(id);
	if (!member) return {id, name, state: 'gone'};
	return {id, name, state: member.silentMs >= silentAfterMs ? 'silent' : 'heard', silentMs: member.silentMs};
}

const secondsText = (ms: number): string => `${Math.round(ms / 1000)} s`;

function chainOf(service: Service, {owner, wanted, slots, nodes, adoption}: Pick<Why, 'owner' | 'wanted' | 'slots' | 'nodes'> & {readonly adoption: string | undefined}): readonly string[] {
	const name = `${service.metadata.namespace ?? ''}/${service.metadata.name}`;
	const decides = [
		...(owner.state === 'here' ? [] : [owner.state === 'gone'
			? `${name} is owned by ${owner.name}, which is no member any more: nobody decides about it`
			: `${owner.name} decides about ${name}, and was heard ${secondsText(owner.silentMs ?? 0)} ago: this is what its last word leads to`]),
		...(adoption === undefined ? [] : [adoption]),
	];
	if (isDeleting(service)) return [...decides, `${name} is being deleted: it ${service.status?.message ?? 'waits for its instances to end'}`];
	if (isLoser(service)) return [...decides, service.status?.message ?? `another Service keeps the name ${name}`];
	return [
		...decides,
		...wanted.map(({image, runs, replicas, needs}) => `${name} wants ${replicas ?? 'one on each node that fits'} of ${image} (${[runs, ...needs.map(need => `needs ${need}`)].join(', ')})`),
		...slots.map(slotSentence),
		...nodes.filter(({state}) => state === 'silent' || state === 'gone').map(node => (node.state === 'silent' ? `${node.name} was last heard ${secondsText(node.silentMs ?? 0)} ago` : `${node.name} is no member`)),
	];
}

function slotSentence({image, slot, because, next, againAfterMs}: WhySlot): string {
	const waits = next === '' || because.endsWith(next) ? '' : `; next: ${next}`;
	const again = againAfterMs === undefined ? '' : `; looked at again in ${secondsText(againAfterMs)}`;
	return `${image} ${slot}: ${because}${waits}${again}`;
}
