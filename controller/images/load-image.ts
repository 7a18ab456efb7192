import {EngineError, type CallOptions, type Engine} from '../../reconcilers/ports/engine.js';
import type {StagedArchive} from './stage-archive.js';

/** Gives an archive that was looked through to an engine, and resolves with the id under which the engine has it. It gets `reference` as its name unless another image has that. */
export async function loadImage({path, checked}: Pick<StagedArchive, 'path' | 'checked'>, {engine, reference, signal}: CallOptions & {readonly engine: Engine; readonly reference?: string | undefined}): Promise<string> {
	const {images} = engine;
	if (images === undefined) throw new EngineError('Invalid', `The engine ${engine.name} takes no images`, {transient: false});
	await images.load(path, {signal});
	for (const id of checked.ids) {
		const image = await images.find(id, {signal});
		if (image?.id !== id) continue;
		const isName = reference !== undefined && !reference.startsWith('sha256:') && !reference.includes('@');
		if (isName && await images.find(reference, {signal}) === undefined) await images.tag(id, reference, {signal});
		return id;
	}
	throw new EngineError('ImageUnavailable', `The engine ${engine.name} was given the image ${checked.ids.join(' or ')} and does not have it`, {transient: true});
}
