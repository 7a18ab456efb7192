import type {ImageEntry} from '../../store/resources/image.js';
import type {Refusal} from '../../store/resources/refusal.js';

/** Judges what a user wants to run, on the very configuration the engine would run. Pure: asks no daemon. An engine nobody knows is no refusal. */
export interface Admission {
	review(entry: ImageEntry, context: {readonly namespace: string; readonly service: string}): readonly Refusal[];
}
