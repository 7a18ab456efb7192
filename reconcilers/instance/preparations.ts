import type {Instance} from '../../store/resources/instance.js';
import type {Change} from '../../store/store.js';

/** What is being prepared, so that a long pull ends when nobody wants it any more. */
export class Preparations {
	readonly #running = new Map<string, {readonly generation: number; readonly controller: AbortController}>();

	/** A signal for work on this state of the Instance; it ends when a newer state is heard of. Call `finish` afterwards. */
	begin({metadata: {uid, generation}}: Instance): AbortSignal {
		const controller = new AbortController();
		this.#running.set(uid, {generation, controller});
		return controller.signal;
	}

	finish(uid: string): void {
		this.#running.delete(uid);
	}

	hear({type, object: {metadata: {uid, generation}}}: Change<Instance>): void {
		const running = this.#running.get(uid);
		if (running && (type === 'deleted' || generation !== running.generation)) running.controller.abort();
	}
}
