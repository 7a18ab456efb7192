import type {ImageEntry} from '../../store/resources/image.js';
import {imageLabel, instanceName, serviceLabel} from '../../store/resources/instance.js';
import type {InstanceSpec} from '../../store/resources/instance.js';
import {Timestamp} from '../../store/resources/meta.js';
import {templateOf} from '../../store/resources/image.js';
import {needsMajority} from '../../store/resources/service.js';
import type {Service} from '../../store/resources/service.js';
import type {Candidate} from '../placement/candidate.js';
import {placeAgain, questionOf, refusalOf} from '../placement/place.js';
import type {PlacementDecision, Question} from '../placement/place.js';
import {withPromise} from '../placement/promise.js';
import {movePauseMs} from './fleet.js';
import type {LastMove} from './fleet.js';
import type {Slot} from './slot.js';
import {specHash} from './spec-hash.js';
import type {ServiceAction, ServiceView, SlotName} from './view.js';

/** When this annotation of a Service changes, its containers are replaced one at a time, as by a new spec. */
export const restartAnnotation = 'motey.io/restarted-at';

/** The hash that an up-to-date Instance of this entry carries. */
export const targetHash = (service: Service, entry: ImageEntry): string => specHash(entry, service.metadata.annotations?.[restartAnnotation]);

/** A slot that was bound, or why it was not. */
export type Bound = {readonly action: ServiceAction} | {readonly unplaced: string};

/** What a plan has promised so far: lives for one plan, so that each placement knows of those before it. */
export class Draft {
	/** Turns to move away that were taken, by node id. */
	readonly turns = new Map<string, SlotName>();
	fence: number;
	lastMove: LastMove | undefined;
	readonly #view: ServiceView;
	readonly #questions = new Map<ImageEntry, Question>();
	readonly #contents = new Map<string, Content>();
	#candidates: readonly Candidate[] | undefined;

	constructor(view: ServiceView) {
		this.#view = view;
		this.fence = Math.max(view.service.status?.fence ?? 0, ...view.instances.map(one => one.spec.fence));
		this.lastMove = view.fleet.lastMove;
	}

	/** The view, with what this plan has moved so far. */
	get view(): ServiceView {
		const {lastMove} = this;
		return lastMove === undefined ? this.#view : {...this.#view, fleet: {...this.#view.fleet, lastMove}};
	}

	/** The nodes with everything that was promised on them. */
	get candidates(): readonly Candidate[] {
		this.#candidates ??= this.#view.candidates();
		return this.#candidates;
	}

	/** Where one more of this entry would go; on `nodeName` alone when that is given. */
	place(entry: ImageEntry, nodeName?: string): PlacementDecision {
		return placeAgain(this.#question(entry), nodeName === undefined ? this.candidates : this.candidates.filter(({node}) => node.metadata.name === nodeName));
	}

	/** Why one node would not take one more of this entry; undefined when it would. */
	refusal(entry: ImageEntry, candidate: Candidate): string | undefined {
		return refusalOf(this.#question(entry), candidate);
	}

	/** Binds a slot to the best node. */
	bind({entry, slot, bindings, nodeName}: Slot): Bound {
		const {service, isForeign} = this.#view;
		const binding = Math.max(0, ...bindings.map(({instance}) => instance.spec.binding)) + 1;
		const name = instanceName({service: service.metadata.name, image: entry.name, slot, binding});
		if (isForeign(name)) return {unplaced: `the name ${name} belongs to an Instance of another Service`};
		const placement = this.place(entry, nodeName);
		if (placement.kind === 'unplaceable') return {unplaced: placement.explanation};
		this.fence += 1;
		this.#candidates = withPromise(this.candidates, this.#question(entry).asked, {nodeName: placement.nodeName, by: `${service.metadata.namespace ?? ''}/${name}`});
		const spec: InstanceSpec = {
			service: service.metadata.name, slot, binding, nodeName: placement.nodeName, ...(placement.nodeId === '' ? {} : {nodeId: placement.nodeId}), fence: this.fence, ...(service.spec.atMostOne === true && (placement.nodeId !== this.#view.fleet.self.id || needsMajority(service.spec)) ? {leased: true} : {}),
			...this.#content(entry, placement.engine),
		};
		return {action: {do: 'create', name, spec, labels: labelsOf(service, entry)}};
	}

	/** Remembers that work of this node was moved: that of another one waits. */
	move(nodeId: string): void {
		const {nowMs} = this.#view.fleet;
		const isSameMove = this.lastMove?.nodeId === nodeId && nowMs - this.lastMove.atMs < movePauseMs;
		if (!isSameMove) this.lastMove = {nodeId, atMs: nowMs};
	}

	#question(entry: ImageEntry): Question {
		const known = this.#questions.get(entry);
		if (known) return known;
		const {service: {spec: {placement}}, hostPorts} = this.#view;
		const question = questionOf({...entry, ...(placement === undefined ? {} : {placement}), hostPorts: engine => hostPorts(entry, engine)});
		this.#questions.set(entry, question);
		return question;
	}

	#content(entry: ImageEntry, engine: string): Content {
		const key = `${entry.name}/${engine}`;
		const content = this.#contents.get(key) ?? contentOf(this.#view.service, entry, engine);
		this.#contents.set(key, content);
		return content;
	}
}

/** The part of an Instance's spec that follows from its entry. */
export type Content = Pick<InstanceSpec, 'image' | 'specHash' | 'restartedAt'>;

/** What an Instance of this entry runs with this engine. */
export function contentOf(service: Service, entry: ImageEntry, engine: string): Content {
	const restartedAt = Timestamp.safeParse(service.metadata.annotations?.[restartAnnotation]);
	return {image: templateOf(entry, engine), specHash: targetHash(service, entry), ...(restartedAt.success ? {restartedAt: restartedAt.data} : {})};
}

/** Labels by which an Instance is found, and its Service's own. */
export function labelsOf(service: Service, entry: ImageEntry): Readonly<Record<string, string>> {
	return {...service.metadata.labels, [serviceLabel]: service.metadata.name, [imageLabel]: entry.name};
}
