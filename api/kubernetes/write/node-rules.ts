import {z} from 'zod';
import {ObjectMetaInput} from '../../../store/resources/meta.js';
import {NodeSpec} from '../../../store/resources/node.js';
import {methodNotAllowed} from '../../status.js';
import type {ServedResource} from '../resources-table.js';
import type {KindRules} from './kind-rules.js';

const NodeInput = z.strictObject({
	apiVersion: z.literal('motey.io/v1').exactOptional(),
	kind: z.literal('Node').exactOptional(),
	metadata: ObjectMetaInput,
	spec: NodeSpec.default({}),
	status: z.unknown().exactOptional(),
});

/** Nodes announce themselves. Users may label them and say whether they take new work. */
export function nodeRules(resource: ServedResource): KindRules<'Node'> {
	return {
		kind: 'Node',
		resource,
		schema: NodeInput,
		translate: document => document,
		refuseCreate: () => methodNotAllowed('nodes are not created: each announces itself when its agent starts'),
		finalizers: [],
		remains: () => [],
		build: ({metadata, spec, live}) => ({apiVersion: 'motey.io/v1', kind: 'Node', metadata, spec, ...(live?.status ? {status: live.status} : {})}),
		check: () => undefined,
	};
}
