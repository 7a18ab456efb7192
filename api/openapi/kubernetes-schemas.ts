import {objectMetaName, reference, type NamedSchemas, type OpenApiSchema} from './schema.js';

const text = (description: string): OpenApiSchema => ({type: 'string', description});
const time = (description: string): OpenApiSchema => ({type: 'string', format: 'date-time', description});
const whole = (description: string): OpenApiSchema => ({type: 'integer', format: 'int64', description});
const texts = (description: string): OpenApiSchema => ({type: 'object', additionalProperties: {type: 'string'}, description});
const open = (description: string): OpenApiSchema => ({type: 'object', 'x-kubernetes-preserve-unknown-fields': true, description});

const objectMeta: OpenApiSchema = {
	type: 'object',
	description: 'What every object carries.',
	properties: {
		name: text('Unique among its kind in its namespace: letters, digits, "-", "_" and ".", at most 63.'),
		generateName: text('Beginning of a name that the server completes, when no name is given.'),
		namespace: text('Where the name is unique. Default: default.'),
		uid: text('Unique in space and time; set by the server.'),
		resourceVersion: text('The revision of the last change; in a write, the revision that is expected.'),
		generation: whole('Rises with every change of the spec.'),
		creationTimestamp: time('When it was created.'),
		deletionTimestamp: time('When its deletion was asked for.'),
		deletionGracePeriodSeconds: whole('Not used.'),
		selfLink: text('Not used.'),
		labels: texts('Words to select objects by.'),
		annotations: texts('Words for tools; never selected by.'),
		finalizers: {type: 'array', items: {type: 'string'}, 'x-kubernetes-list-type': 'set', description: 'Who must agree before it is gone.'},
		ownerReferences: {
			type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['uid'], description: 'The objects it belongs to.',
			items: {
				type: 'object', required: ['apiVersion', 'kind', 'name', 'uid'],
				properties: {
					apiVersion: text('Version of the owner.'), kind: text('Kind of the owner.'), name: text('Name of the owner.'), uid: text('Uid of the owner.'),
					controller: {type: 'boolean', description: 'Whether this owner manages it.'},
					blockOwnerDeletion: {type: 'boolean', description: 'Whether the owner outlives it.'},
				},
			},
		},
		managedFields: {type: 'array', items: open('One writer\'s fields.'), 'x-kubernetes-list-type': 'atomic', description: 'Who wrote which field.'},
	},
};

const core = (description: string, properties: NamedSchemas): OpenApiSchema => ({
	type: 'object',
	description,
	properties: {
		apiVersion: text('Version of the schema of this object.'),
		kind: text('What this object is.'),
		metadata: {...reference(objectMetaName), description: 'Name, labels and what the system keeps beside them.'},
		...properties,
	},
});

/** Schemas written by hand: those of Kubernetes' own kinds, as far as they are served. */
export const kubernetesSchemas: NamedSchemas = {
	[objectMetaName]: objectMeta,
	'io.k8s.api.core.v1.Namespace': core('Exists as long as something is in it.', {spec: open('Nothing.'), status: open('Always Active.')}),
	'io.k8s.api.core.v1.Node': core('A Motey node as Kubernetes\' clients read nodes.', {
		spec: {type: 'object', description: 'What is wanted of it.', properties: {unschedulable: {type: 'boolean', description: 'Whether it takes no new instances.'}}},
		status: open('What its agent observes.'),
	}),
	'io.k8s.api.core.v1.Event': core('Something that happened to an object.', {
		involvedObject: open('What it is about.'), type: text('Normal or Warning.'), reason: text('One word for it.'), message: text('One sentence.'),
		count: whole('How often it happened.'), firstTimestamp: time('When it happened first.'), lastTimestamp: time('When it happened last.'), source: open('Who says so.'),
	}),
	'io.k8s.api.events.v1.Event': core('Something that happened to an object.', {
		regarding: open('What it is about.'), type: text('Normal or Warning.'), reason: text('One word for it.'), action: text('The same.'), note: text('One sentence.'),
		eventTime: time('When it happened first.'), reportingController: text('Who says so.'), reportingInstance: text('On which node.'),
		deprecatedCount: whole('How often it happened.'), deprecatedFirstTimestamp: time('When it happened first.'), deprecatedLastTimestamp: time('When it happened last.'),
		deprecatedSource: open('Who says so.'),
	}),
};
