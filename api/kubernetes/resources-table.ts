/** What a client may do with a resource. */
export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** One column of a Kubernetes table. `priority` 1 is shown by `-o wide` only. */
export interface Column {
	readonly name: string;
	readonly type: 'string' | 'integer' | 'date';
	readonly format?: 'name';
	readonly description: string;
	readonly priority: 0 | 1;
}

/** Something below an object that answers on its own path. `group`, `version` and `kind` name what it answers with. */
export interface Subresource {
	readonly name: string;
	readonly group: string;
	readonly version: string;
	readonly kind: string;
	readonly verbs: readonly Verb[];
}

/** A kind as the Kubernetes API serves it. Routes, discovery and OpenAPI are made from the same rows, so that what is advertised is what answers. */
export interface ServedResource {
	/** `''` is the core group. */
	readonly group: string;
	readonly version: string;
	readonly plural: string;
	readonly singular: string;
	readonly kind: string;
	readonly namespaced: boolean;
	readonly verbs: readonly Verb[];
	readonly shortNames: readonly string[];
	readonly categories: readonly string[];
	readonly subresources: readonly Subresource[];
	readonly columns: readonly Column[];
}

const column = (name: string, description: string, options: Partial<Column> = {}): Column => ({name, type: 'string', description, priority: 0, ...options});
const wide = (name: string, description: string): Column => column(name, description, {priority: 1});
const nameColumn = column('Name', 'Unique among its kind in its namespace.', {format: 'name'});
const ageColumn = column('Age', 'Time since it was created.');

const motey = {group: 'motey.io', version: 'v1'} as const;
const core = {group: '', version: 'v1', categories: [], subresources: []} as const;
const status = (kind: string): Subresource => ({...motey, name: 'status', kind, verbs: ['get']});
const all: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const withoutCreate = all.filter(verb => verb !== 'create');
const readOnly: readonly Verb[] = ['get', 'list', 'watch'];

const nodeColumns: readonly Column[] = [
	nameColumn,
	column('Status', 'Ready or NotReady, and whether it takes new work.'),
	column('Roles', 'What the node is for.'),
	ageColumn,
	column('Version', 'Version of the agent.'),
	wide('Address', 'First address under which the node is reached.'),
];

const eventColumns: readonly Column[] = [
	column('Last Seen', 'Time since it happened last.'),
	column('Type', 'Normal or Warning.'),
	column('Reason', 'One word for it, part of the API.'),
	column('Object', 'What it is about.'),
	wide('Subobject', 'The part of it, when there is one.'),
	wide('Source', 'Who says so.'),
	column('Message', 'One sentence.'),
	wide('First Seen', 'Time since it happened first.'),
	column('Count', 'How often it happened.', {type: 'integer', priority: 1}),
	column('Name', 'Name of the event.', {format: 'name', priority: 1}),
];

const services: ServedResource = {
	...motey, plural: 'services', singular: 'service', kind: 'Service', namespaced: true, verbs: all, shortNames: ['svc', 'msvc'], categories: ['all', 'motey'],
	subresources: [status('Service'), {name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update']}],
	columns: [
		nameColumn,
		column('Ready', 'Ready instances of those wanted.'),
		column('Phase', 'Where the service is in its life.'),
		column('Images', 'What it runs.'),
		ageColumn,
		wide('Engine', 'The engines asked for.'),
	],
};

const instances: ServedResource = {
	...motey, plural: 'instances', singular: 'instance', kind: 'Instance', namespaced: true, verbs: withoutCreate, shortNames: ['inst'], categories: ['all', 'motey'],
	subresources: [status('Instance'), {...motey, name: 'log', kind: 'Instance', verbs: ['get']}],
	columns: [
		nameColumn,
		column('Phase', 'Where the instance is in its life, or why it does not run.'),
		column('Service', 'The service it belongs to.'),
		column('Node', 'The node it is bound to.'),
		ageColumn,
		wide('Image', 'What it runs.'),
		column('Restarts', 'How often it was started again.', {type: 'integer', priority: 1}),
	],
};

/** Every kind of the Kubernetes API. Core comes first, because clients resolve an ambiguous name in this order. */
export const servedResources: readonly ServedResource[] = [
	{
		...core, plural: 'namespaces', singular: 'namespace', kind: 'Namespace', namespaced: false, verbs: readOnly, shortNames: ['ns'],
		columns: [nameColumn, column('Status', 'Always Active.'), ageColumn],
	},
	{...core, plural: 'nodes', singular: 'node', kind: 'Node', namespaced: false, verbs: readOnly, shortNames: ['no'], columns: nodeColumns},
	{...core, plural: 'events', singular: 'event', kind: 'Event', namespaced: true, verbs: readOnly, shortNames: ['ev'], columns: eventColumns},
	services,
	instances,
	{
		...motey, plural: 'nodes', singular: 'node', kind: 'Node', namespaced: false, verbs: withoutCreate, shortNames: ['mno'], categories: ['all', 'motey'],
		subresources: [status('Node')], columns: nodeColumns,
	},
	{
		...motey, plural: 'groups', singular: 'group', kind: 'Group', namespaced: false, verbs: readOnly, shortNames: ['grp'], categories: ['motey'],
		subresources: [],
		columns: [
			nameColumn,
			column('Leader', 'Who leads it, as far as this node knows.'),
			column('Term', 'Rises with every election.', {type: 'integer'}),
			column('Known', 'Members that count, whether or not they are there.', {type: 'integer'}),
			column('Visible', 'Members that are heard now.', {type: 'integer'}),
			ageColumn,
			column('Quorum', 'Known members that a decision by majority takes.', {type: 'integer', priority: 1}),
		],
	},
	{
		...core, group: 'events.k8s.io', plural: 'events', singular: 'event', kind: 'Event', namespaced: true, verbs: readOnly, shortNames: ['ev'],
		columns: eventColumns,
	},
];

/** `apiVersion` as objects carry it: `v1`, `motey.io/v1`. */
export function apiVersionOf({group, version}: {readonly group: string; readonly version: string}): string {
	return group === '' ? version : `${group}/${version}`;
}
