import {StoreError} from '../errors.js';
import {keyOf, keyText, schemas, type IndexName, type Kind, type ObjectKey, type Resource, type ResourceOf} from '../resources/kinds.js';
import type {ObjectMeta} from '../resources/meta.js';
import {ownerAnnotation} from '../resources/ownership.js';
import type {Change, Transaction} from '../store.js';
import {deepFreeze} from './deep-freeze.js';
import type {StoreLimits} from './limits.js';
import {beforeOf} from './log-record.js';
import {formatRevision} from './revision.js';
import {sameJson} from './same-json.js';
import {entryOf, type Entry, type Table} from './table.js';

/** One write that a transaction made, with what is needed to store it and to take it back. */
export interface Write {
	readonly change: Change;
	readonly counter: number;
	/** JSON of `change.object`. */
	readonly text: string;
	/** The entry to keep; absent for a deletion. */
	readonly entry?: Entry;
	readonly previous?: Entry;
}

/** What a draft needs: the table of everything accepted so far, and where it stands. */
export interface DraftOptions {
	readonly table: Table;
	readonly epoch: number;
	/** The counter of the last accepted write. */
	readonly counter: number;
	readonly now: Date;
	readonly randomUuid: () => string;
	readonly limits: StoreLimits;
	/** Id of this node, which owns what is first put here. */
	readonly nodeId?: string;
}

/**
 * The work of one `transact`: applies each write to the pending table at once, so that the next read sees it, and notes how to undo it.
 */
export class Draft implements Transaction {
	readonly writes: Write[] = [];
	readonly #options: DraftOptions;
	#ended = false;

	constructor(options: DraftOptions) {
		this.#options = options;
	}

	/** True when everything written makes room or lets go: such writes pass while space is short. */
	get freeing(): boolean {
		return this.writes.every(({change}) => change.type === 'deleted' || change.object.metadata.deletionTimestamp !== undefined);
	}

	get counter(): number {
		return this.#options.counter + this.writes.length;
	}

	/** Ends the view: a callback that kept the transaction cannot write later. */
	end(): void {
		this.#ended = true;
	}

	/** Takes every write back out of the table. */
	undo(): void {
		for (const {change, previous} of this.writes.toReversed()) {
			if (previous) this.#options.table.set(previous);
			else this.#options.table.delete(change.object.kind, keyText(keyOf(change.object)));
		}
	}

	get<K extends Kind>(kind: K, key: ObjectKey): ResourceOf<K> | undefined {
		return this.#table.get(kind, keyText(key));
	}

	lookup<K extends Kind>(kind: K, index: IndexName, value: string): readonly ResourceOf<K>[] {
		return this.#table.lookup(kind, index, value);
	}

	put<R extends Resource>(object: R): R {
		const previous = this.#table.entry(object.kind, keyText(keyOf(object)));
		return this.#store(object, {previous, owned: this.#owned(object, previous?.object)});
	}

	putCopy<R extends Resource>(object: R): R {
		return this.#store(object, {previous: this.#table.entry(object.kind, keyText(keyOf(object))), owned: {}});
	}

	#store<R extends Resource>(object: R, {previous, owned}: {previous: Entry | undefined; owned: Partial<ObjectMeta>}): R {
		const unchanged = {...object, metadata: {...object.metadata, ...owned, resourceVersion: previous?.object.metadata.resourceVersion ?? ''}};
		if (previous && isSame(previous.object, unchanged)) return previous.object;

		const {text, result} = this.#copy({...object, metadata: {...object.metadata, ...owned, resourceVersion: this.#nextRevision()}});
		const {deletionTimestamp, finalizers = []} = result.metadata;
		if (deletionTimestamp !== undefined && finalizers.length === 0) {
			if (previous) this.#write({type: 'deleted', object: result, text, previous});
			return result;
		}
		const entry = entryOf(result, Buffer.byteLength(text));
		if (deletionTimestamp === undefined) this.#checkLimits(entry, previous);
		this.#write({type: previous ? 'modified' : 'added', object: result, text, entry, ...previous && {previous}});
		return result;
	}

	delete(kind: Kind, key: ObjectKey): void {
		const previous = this.#table.entry(kind, keyText(key));
		if (!previous) return;
		const {object} = previous;
		const {text, result} = this.#copy({...object, metadata: {...object.metadata, resourceVersion: this.#nextRevision()}});
		this.#write({type: 'deleted', object: result, text, previous});
	}

	get #table(): Table {
		if (this.#ended) throw new StoreError('Invalid', 'A transaction is valid only until its callback returns.');
		return this.#options.table;
	}

	#nextRevision(): string {
		return formatRevision({epoch: this.#options.epoch, counter: this.counter + 1});
	}

	#owned(object: Resource, previous: Resource | undefined) {
		if (!previous) {
			const creationTimestamp = this.#options.now.toISOString().replace(/\.\d+Z$/, 'Z');
			return {uid: this.#options.randomUuid(), creationTimestamp, generation: 1, ...this.#ownership(object)};
		}
		const {uid, creationTimestamp, generation, deletionTimestamp} = previous.metadata;
		const intends = !sameJson(object.spec, previous.spec) || (deletionTimestamp === undefined && object.metadata.deletionTimestamp !== undefined);
		return {uid, creationTimestamp, generation: intends ? generation + 1 : generation};
	}

	#ownership({metadata: {annotations}}: Resource): Pick<ObjectMeta, 'annotations'> {
		const {nodeId} = this.#options;
		return nodeId === undefined || annotations?.[ownerAnnotation] !== undefined ? {} : {annotations: {...annotations, [ownerAnnotation]: nodeId}};
	}

	/** A frozen copy that is exactly what a later start will read from disk, so that memory and disk cannot differ. */
	#copy<R extends Resource>(object: R): {text: string; result: R} {
		const text = JSON.stringify(object);
		const result: unknown = JSON.parse(text);
		if (!isSame(result, object)) throw new StoreError('Invalid', `${describe(object)} holds a value that JSON cannot carry.`);
		const parsed = schemas[object.kind].safeParse(result);
		if (!parsed.success) {
			const issues = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ');
			throw new StoreError('Invalid', `${describe(object)} is not valid: ${issues}`, {cause: parsed.error});
		}
		return {text, result: deepFreeze(result)};
	}

	#checkLimits({object, bytes}: Entry, previous: Entry | undefined): void {
		const {limits} = this.#options;
		if (bytes > limits.objectBytes) {
			throw new StoreError('TooLarge', `${describe(object)} has ${bytes} bytes; at most ${limits.objectBytes} are stored.`);
		}
		if (!previous && this.#table.count >= limits.objects) {
			throw new StoreError('LimitReached', `The store holds ${this.#table.count} objects, and takes no more.`, {fix: 'Delete what is not needed, or raise the limit.'});
		}
		const growth = bytes - (previous?.bytes ?? 0);
		if (growth > 0 && this.#table.bytes + growth > limits.totalBytes) {
			throw new StoreError('LimitReached', `The store holds ${this.#table.bytes} bytes; at most ${limits.totalBytes} are stored.`, {fix: 'Delete what is not needed, or raise the limit.'});
		}
	}

	#write({type, object, text, entry, previous}: {type: Change['type']; object: Resource; text: string; entry?: Entry; previous?: Entry}): void {
		const {table} = this.#options;
		const change: Change = Object.freeze({type, revision: object.metadata.resourceVersion, object, ...previous && {before: beforeOf(previous.object)}});
		this.writes.push({change, counter: this.counter + 1, text, ...entry && {entry}, ...previous && {previous}});
		if (entry) table.set(entry);
		else table.delete(object.kind, keyText(keyOf(object)));
	}
}

function describe(object: Resource): string {
	return `${object.kind} ${keyText(keyOf(object))}`;
}

/** Equal JSON is the evidence that `value` has the type of `object`. */
function isSame<R extends Resource>(value: unknown, object: R): value is R {
	return sameJson(value, object);
}
