import {reference, type NamedSchemas, type OpenApiSchema} from './schema.js';

const text = (description: string): OpenApiSchema => ({type: 'string', description});
const milliseconds = (description: string): OpenApiSchema => ({type: 'number', format: 'double', description});
const flag = (description: string): OpenApiSchema => ({type: 'boolean', description});

const node: OpenApiSchema = {
	type: 'object',
	properties: {
		name: text('Name of the node.'),
		id: text('Its id.'),
		vote: {...text('Its last word; none when it was not asked or not reached.'), enum: ['yes', 'no', 'none']},
		reason: text('Why, when it is not yes.'),
		switched: flag('Whether it switched at the instant.'),
		deviationMs: milliseconds('How much later than planned it switched, by its own clock.'),
		boundMs: milliseconds('By how much its idea of the instant may be wrong.'),
	},
};

/** What is asked and answered at `switchPath`. No kind of the store: it is created, answered, and forgotten. */
export const switchSchemas: NamedSchemas = {
	'io.motey.v1.Switch': {
		type: 'object',
		description: 'A change of Services on all nodes that they concern at one instant, or on none.',
		properties: {
			apiVersion: text('Version of the schema of this object.'),
			kind: text('What this object is.'),
			spec: {
				type: 'object',
				description: 'What is to be at the instant.',
				required: ['services'],
				properties: {
					at: {...text('When, on the clock of the node that is asked, at most an hour away.'), format: 'date-time'},
					inMs: milliseconds('Instead of at: how long from now.'),
					services: {type: 'array', description: 'The whole Services as they are to be; one node must own all of them.', items: reference('io.motey.v1.Service')},
				},
			},
			status: {
				type: 'object',
				description: 'What became of it, after the instant.',
				properties: {
					switched: flag('Whether the owner of the services switched, to which every node comes in the end.'),
					reason: text('Why not.'),
					nodes: {type: 'array', description: 'What each node that is concerned said and did.', items: node},
				},
			},
		},
		'x-kubernetes-group-version-kind': [{group: 'motey.io', version: 'v1', kind: 'Switch'}],
	},
};

/** Where a change at one instant is asked for. */
export const switchPath = '/apis/motey.io/v1/switches';

/** The operation, as a document of version 3 describes it. */
export const switchPathItem: Readonly<Record<string, unknown>> = {
	post: {
		requestBody: {required: true, content: {'application/json': {schema: {$ref: '#/components/schemas/io.motey.v1.Switch'}}}},
		responses: {200: {description: 'What became of it; it comes after the instant', content: {'application/json': {schema: {$ref: '#/components/schemas/io.motey.v1.Switch'}}}}},
		'x-kubernetes-action': 'post',
		'x-kubernetes-group-version-kind': {group: 'motey.io', version: 'v1', kind: 'Switch'},
	},
};
