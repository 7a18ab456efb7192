import type {CallOptions} from '../../reconcilers/ports/engine.js';
import type {EngineImages} from '../../reconcilers/ports/engine-images.js';

/** Removes an image with all its names and resolves with those. When a container needs it, it stays as it was: undefined. */
export async function dropImage(images: EngineImages, id: string, {signal}: CallOptions): Promise<readonly string[] | undefined> {
	const names = (await images.find(id, {signal}))?.references ?? [];
	const [last = id, ...others] = names;
	// An engine refuses to remove by its id what has several names.
	for (const name of others) await images.remove(name, {signal});
	await images.remove(last, {signal});
	if (await images.find(id, {signal}) !== undefined) await images.remove(id, {signal});
	if (await images.find(id, {signal}) === undefined) return names;
	for (const name of names) await images.tag(id, name, {signal});
	return undefined;
}
