import {z} from 'zod';
import {EngineError, type Observation, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {DaemonFacts} from './daemon-facts.js';
import type {EngineApi} from './engine-api.js';
import {statusOf} from './engine-failure.js';
import {labels} from './labels.js';
import {Inspection, ListEntry, listedObservation, observationOf} from './observation.js';

/** A container that Docker could not remove, out of the way of its slot. */
const asideName = (name: string, id: string): string => `${name}_dead_${id.slice(0, 6)}`;
const isAside = (name: string): boolean => /_dead_[\da-f]{6}$/u.test(name);

const isNotFound = (error: unknown): boolean => error instanceof EngineError && error.code === 'NotFound';
const isConflict = (error: unknown): boolean => error instanceof EngineError && statusOf(error.cause) === 409;

/** What is remembered of a container. */
export interface KnownContainer {
	readonly id: string;
	readonly specHash: string;
}

/** Our containers on one engine: found by name, or when somebody renamed them by uid; never anybody else's. */
export class Containers {
	readonly #api: EngineApi;
	readonly #facts: DaemonFacts;
	readonly #nodeId: string;
	/** Containers known to be ours by uid, so that the hot path need not ask before it acts. */
	readonly #known = new Map<string, KnownContainer>();

	constructor({api, facts, nodeId}: {readonly api: EngineApi; readonly facts: DaemonFacts; readonly nodeId: string}) {
		this.#api = api;
		this.#facts = facts;
		this.#nodeId = nodeId;
	}

	/** The raw inspection of a container by name or id, or undefined. */
	async look(nameOrId: string, signal: AbortSignal): Promise<Inspection | undefined> {
		try {
			return Inspection.parse(await this.#api.read({what: `inspect the container ${nameOrId}`, signal}, {path: `/containers/${nameOrId}/json`}));
		} catch (error) {
			if (isNotFound(error)) return undefined;
			throw error;
		}
	}

	isOurs(inspection: Inspection): boolean {
		return inspection.Config.Labels[labels.node] === this.#nodeId;
	}

	/** What is in the slot as the engine has it: by name, else by uid and then named as it should be. */
	async find({name, uid}: WorkloadReference, signal: AbortSignal): Promise<Inspection | undefined> {
		const named = await this.look(name, signal);
		const found = named !== undefined && this.isOurs(named) ? named : await this.#findRenamed({name, uid}, signal);
		if (found !== undefined) this.learn(found);
		return found;
	}

	/** Notes whose container this is. */
	learn(inspection: Inspection): void {
		const uid = inspection.Config.Labels[labels.uid];
		if (uid !== undefined) this.#known.set(uid, {id: inspection.Id, specHash: inspection.Config.Labels[labels.specHash] ?? ''});
	}

	/** What is remembered of the container for this uid; it may be gone since. */
	known(uid: string): KnownContainer | undefined {
		return this.#known.get(uid);
	}

	/** The very container of `reference`: whatever else has its slot meanwhile is not meant. */
	async own({name, uid}: WorkloadReference, signal: AbortSignal): Promise<Inspection | undefined> {
		const inSlot = await this.find({name, uid}, signal);
		return inSlot === undefined || inSlot.Config.Labels[labels.uid] === uid ? inSlot : this.#findRenamed({name, uid}, signal);
	}

	/** The id of the very container of `reference`, without a call when it is known. */
	async #idOf(reference: WorkloadReference, signal: AbortSignal): Promise<string | undefined> {
		return this.#known.get(reference.uid)?.id ?? (await this.own(reference, signal))?.Id;
	}

	forget(engineId: string): void {
		for (const [uid, {id}] of this.#known) if (id === engineId) this.#known.delete(uid);
	}

	forgetAll(): void {
		this.#known.clear();
	}

	async observe(inspection: Inspection, signal: AbortSignal): Promise<Observation> {
		return observationOf(inspection, await this.#facts.judge(inspection, signal));
	}

	/** Runs `act` on the container's id; when what was known of it proves stale, looks once more. Resolves with undefined when there is none. */
	async withId<T>(reference: WorkloadReference, signal: AbortSignal, act: (id: string) => Promise<T>): Promise<T | undefined> {
		for (let attempt = 0; attempt < 2; attempt += 1) {
			const id = await this.#idOf(reference, signal);
			if (id === undefined) return undefined;
			try {
				return await act(id);
			} catch (error) {
				if (!isNotFound(error)) throw error;
				this.forget(id);
			}
		}
		return undefined;
	}

	async list(signal: AbortSignal): Promise<readonly Observation[]> {
		const entries = await this.#entries([`${labels.node}=${this.#nodeId}`], signal);
		return entries.map(listedObservation).filter(({name}) => !isAside(name));
	}

	/** Removes a container with its anonymous volumes. One that Docker cannot remove is renamed, so that its slot is free. */
	async remove(reference: WorkloadReference, signal: AbortSignal): Promise<void> {
		await this.withId(reference, signal, async id => {
			try {
				await this.#delete(id, signal);
			} catch (error) {
				if (isNotFound(error)) throw error;
				await this.#removeHard(id, {signal, error});
			}
			this.forget(id);
		});
	}

	/** Tries once more to remove what was put aside; what still cannot be removed stays there. */
	async removeAside(signal: AbortSignal): Promise<void> {
		const entries = await this.#entries([`${labels.node}=${this.#nodeId}`], signal);
		for (const {Id: id, Names: names} of entries) {
			if (!isAside(names[0] ?? '')) continue;
			try {
				await this.#delete(id, signal);
			} catch (error) {
				if (!(error instanceof EngineError) || statusOf(error.cause) === undefined) throw error;
			}
		}
	}

	async #delete(id: string, signal: AbortSignal): Promise<void> {
		await this.#api.change({what: `remove the container ${id.slice(0, 12)}`, deadlineMs: this.#api.deadlines.removeMs, signal}, {method: 'DELETE', path: `/containers/${id}`, query: {v: true, force: true}});
	}

	async #removeHard(id: string, {signal, error}: {readonly signal: AbortSignal; readonly error: unknown}): Promise<void> {
		if (isConflict(error)) return this.#whenRemoved(id, signal);
		if (!(error instanceof EngineError) || statusOf(error.cause) === undefined) throw error;
		const left = await this.look(id, signal);
		if (left === undefined) return;
		if (left.State.Status !== 'dead' && left.State.Status !== 'removing') throw error;
		try {
			await this.#delete(id, signal);
		} catch (again) {
			if (isNotFound(again)) return;
			await this.#rename(id, asideName(left.Name.replace(/^\//u, ''), id), signal);
		}
	}

	/** Somebody else's removal is under way; its end is ours too. */
	async #whenRemoved(id: string, signal: AbortSignal): Promise<void> {
		try {
			await this.#api.change({what: `wait for the removal of the container ${id.slice(0, 12)}`, deadlineMs: this.#api.deadlines.removeMs, signal}, {path: `/containers/${id}/wait`, query: {condition: 'removed'}});
		} catch (error) {
			if (!isNotFound(error)) throw error;
		}
	}

	async #findRenamed({name, uid}: WorkloadReference, signal: AbortSignal): Promise<Inspection | undefined> {
		const entries = await this.#entries([`${labels.node}=${this.#nodeId}`, `${labels.uid}=${uid}`], signal);
		const entry = entries.find(({Names: names, State: state}) => state !== 'dead' && state !== 'removing' && !isAside(names[0] ?? ''));
		if (entry === undefined) return undefined;
		try {
			await this.#rename(entry.Id, name, signal);
		} catch (error) {
			// Its name is taken by a foreign container: it stays as it is, and is ours all the same.
			if (!isConflict(error) && !isNotFound(error)) throw error;
		}
		return this.look(entry.Id, signal);
	}

	async #rename(id: string, name: string, signal: AbortSignal): Promise<void> {
		await this.#api.change({what: `rename the container ${id.slice(0, 12)} to ${name}`, deadlineMs: this.#api.deadlines.createMs, signal}, {path: `/containers/${id}/rename`, query: {name}});
	}

	async #entries(label: readonly string[], signal: AbortSignal): Promise<readonly ListEntry[]> {
		return z.array(ListEntry).parse(await this.#api.read({what: 'list containers', deadlineMs: this.#api.deadlines.listMs, signal}, {path: '/containers/json', query: {all: true, filters: JSON.stringify({label})}}));
	}
}
