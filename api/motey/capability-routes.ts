import {Router} from 'express';
import {z} from 'zod';
import {Capability, type NodeCapability} from '../../store/resources/capability.js';
import {check, problemSentence} from '../../store/resources/problems.js';
import type {Store} from '../../store/store.js';
import {readText} from '../kubernetes/read-document.js';
import {readJson} from '../kubernetes/read-json.js';
import type {ApiLimits} from '../ports/limits.js';
import type {LocalNode} from '../ports/node.js';
import {sendJson} from '../send.js';
import {badRequest} from '../status.js';

/** What capability routes need. */
export interface CapabilityDependencies {
	readonly store: Pick<Store, 'get'>;
	readonly node: Pick<LocalNode, 'name' | 'capabilities'>;
	readonly limits: ApiLimits;
}

const shape = Capability.unwrap().shape;

/** Either spelling of the type, as the original's parts disagreed. */
const WrittenCapability = z.union([Capability, z.strictObject({capability: shape.capability, type: shape.capability_type})])
	.transform(written => ({capability: written.capability, capability_type: 'type' in written ? written.type : written.capability_type}));

const WrittenCapabilities = z.array(WrittenCapability).max(256);

/**
 * `GET /v1/capabilities` lists what this node can do; `PUT` and `DELETE` take a JSON array and answer 201, 304 when nothing changed, or 400.
 * An array is taken whole or not at all.
 */
export function capabilityRoutes({store, node, limits}: CapabilityDependencies): Router {
	const router = Router();
	const path = '/v1/capabilities';

	router.get(path, (_request, response) => {
		const known = store.get('Node', {namespace: '', name: node.name})?.status?.capabilities ?? [];
		sendJson(response, 200, known.map(capabilityView));
	});

	router.put(path, async (request, response) => {
		const changed = await node.capabilities.add(parse((await readText(request, limits)).text, limits));
		response.status(changed ? 201 : 304).end();
	});

	router.delete(path, async (request, response) => {
		const changed = await node.capabilities.remove(parse((await readText(request, limits)).text, limits));
		response.status(changed ? 201 : 304).end();
	});
	return router;
}

function parse(text: string, limits: ApiLimits): readonly Capability[] {
	const written = check(WrittenCapabilities, readJson(text, limits).value);
	if (!written.ok) throw badRequest(`send a JSON array of {"capability": …, "capability_type": …}: ${written.problems.map(problemSentence).join('; ')}`);
	return written.value;
}

function capabilityView({capability, capability_type: type}: NodeCapability): Readonly<Record<string, string>> {
	return {capability, type, capability_type: type};
}
