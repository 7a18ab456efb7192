import type {Admission} from '../api/ports/admission.js';
import type {Engines} from '../reconcilers/ports/engine.js';
import {templateOf} from '../store/resources/image.js';

/** Admission by the engine that would run the entry: the one it names, else the node's first. One that nobody here has is placement's to explain. */
export function createAdmission(engines: Engines): Admission {
	return {
		review(entry, context) {
			const engine = entry.engine === undefined ? engines.all[0] : engines.get(entry.engine);
			return engine ? engine.review(templateOf(entry, engine.name), context) : [];
		},
	};
}
