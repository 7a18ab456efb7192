import {Blueprint} from '../../store/resources/blueprint.js';
import {Event} from '../../store/resources/event.js';
import {ImageTemplate} from '../../store/resources/image.js';
import {Instance} from '../../store/resources/instance.js';
import {Group} from '../../store/resources/group.js';
import {Node} from '../../store/resources/node.js';
import {Service} from '../../store/resources/service.js';
import {examples} from './examples.js';
import {code, generatedNote, table, yamlBlock} from './markdown.js';
import {meaningOf} from './reference-meanings.js';
import {rowsOf, type Describable, type FieldRow} from './schema-rows.js';

/** The page `docs/reference.md`: every field of every kind. */
export function renderReference(): string {
	const service = rowsOf(Service).filter(isOwn);
	return `# Service and blueprint reference

${generatedNote}

Every field of the kinds a user writes and reads. What \`parameters\` may hold is in [Docker parameters](parameters.md); the words are in [Concepts](concepts.md).

A field that stands in none of these tables is refused by \`motey apply\`, by \`kubectl\` and on \`/v1\`, with the nearest known name. A program that does not ask for that with \`fieldValidation=Strict\` gets a \`Warning\` header instead, and the field is dropped.

## Service

The smallest one; \`apiVersion\` is \`motey.io/v1\` when left out, the image entry's name is the last path part of its image:

${yamlBlock(examples.smallest)}

With most of what it may hold:

${yamlBlock(examples.service)}

### What you write

A field without a default that is not *required* may be left out. Defaults are applied when a Service becomes Instances, and are not stored in it.

${fields('Service', service.filter(({path}) => path.startsWith('spec.')))}

Further rules:

- Every image entry has a name of its own.
- \`spec.replicas\` beside entries that all have their own \`replicas\` is refused, because it would mean nothing.
- A Service whose Instances would be named as another's (\`a-b\` with the image \`c\`, \`a\` with the image \`b-c\`), or longer than 63 characters, is refused.
- \`status\` is taken and ignored, because clients send back what they read.

### What only \`motey apply\` takes

The node refuses these with what to do instead; \`kubectl\` does not know them. More in [Files of a service](service-files.md).

${table(['Field', 'Meaning'], service.filter(row => row.isRefused).map(({path}) => [code(path), meaningOf('Service', path)]))}

### What Motey observes

${observed('Service', service.filter(({path}) => path.startsWith('status.')))}

| Condition | is True when | Reasons |
|---|---|---|
| \`Ready\` | every wanted instance is ready and of this generation | \`AllReady\`, \`RollingOut\`, \`Stopping\`, \`NotReady\`, and those of the instances that are not |
| \`Progressing\` | Motey is still changing something by itself | \`Starting\`, \`RollingOut\`, \`Stopping\`; \`UpToDate\`, \`RolloutStopped\`, \`Unplaceable\` when it is not |
| \`Placed\` | every wanted instance has a node that is heard | \`AllPlaced\`, \`CannotMove\`; \`Unplaceable\`: the message says of each node why not; \`NodeSilent\`: it names who is silent, and what lifts the wait |
| \`Conflict\` | another Service, created elsewhere while the nodes were apart, keeps the name | \`NameTaken\`; \`NameFree\` |

## Blueprint

The original Motey's form, accepted wherever a Service is: a document without \`kind\` and with \`service_name\`.

${yamlBlock(examples.blueprint)}

It stands for this Service, and both give the same object:

${yamlBlock(examples.sameService)}

${fields('Blueprint', rowsOf(Blueprint))}

## Instance

One slot of one image. Motey writes it; you may delete one, and its slot is filled anew. It is named \`<service>-<image>-<slot>\`, from the second binding of the slot on \`<service>-<image>-<slot>.<binding>\`, and carries the labels \`motey.io/service\`, \`motey.io/image\` and its Service's own.

${yamlBlock(examples.instance)}

${observed('Instance', rowsOf(Instance).filter(isOwn))}

The container finds \`MOTEY_SERVICE\`, \`MOTEY_IMAGE\`, \`MOTEY_SLOT\`, \`MOTEY_INSTANCE\`, \`MOTEY_NODE\` and \`MOTEY_FENCE\` in its environment. It is named \`motey_<namespace>_<service>-<image>-<slot>_<first 6 of the node's id>\`. What the reasons mean is in [Troubleshooting](troubleshooting.md).

## Node

Its agent writes it. Yours are its labels and \`spec\`. It has no namespace.

${yamlBlock(examples.node)}

${observed('Node', rowsOf(Node).filter(isOwn))}

Conditions: \`Ready\`, \`EngineReady\`, \`StoreWritable\`, \`DiskLow\`.

## Group

Nodes or programs that agree on something, as the node that is asked sees them. Its agent writes it, for itself alone: other nodes may see others. It has no namespace, and nobody creates or changes one: [members join and leave](groups.md).

${observed('Group', rowsOf(Group).filter(isOwn))}

## Event

Something that happened, in the fields of Kubernetes' core/v1. One that repeats is counted, not repeated.

${yamlBlock(examples.event)}

${observed('Event', rowsOf(Event).filter(isOwn))}

## Metadata

The same for all kinds. Yours are \`name\`, \`namespace\`, \`labels\`, \`annotations\`; the rest belongs to the system.

${observed('Metadata', metadata(Service))}

## Names, quantities and times

| | is |
|---|---|
| name | 1 to 63 letters, digits, \`-\`, \`_\`, \`.\`, beginning and ending with a letter or digit |
| namespace name | at most 63 lower-case letters, digits, \`-\`, beginning and ending with a letter or digit; \`default\` when not said |
| label key | at most 63 characters like a name, with an optional DNS name and \`/\` before it: \`example.org/app\` |
| label value | empty, or like a name |
| CPU quantity | processors: \`500m\`, \`2\`, \`0.5\` |
| memory quantity | bytes, or a number with \`k\`, \`M\`, \`G\`, \`T\` (thousands) or \`Ki\`, \`Mi\`, \`Gi\`, \`Ti\` (1024s) |
| time | RFC 3339 in UTC: \`2026-01-31T12:00:00Z\` |

YAML is read as 1.2: \`yes\`, \`on\` and \`010\` mean different things to different readers, so where a text is expected, quote them.
`;
}

/** What every kind has is told once. */
function isOwn({path}: FieldRow): boolean {
	return !/^(?:apiVersion|kind|metadata)(?:\.|\[|$)/u.test(path);
}

function metadata(schema: Describable): readonly FieldRow[] {
	return rowsOf(schema).filter(({path}) => /^metadata\.[a-zA-Z]+$/u.test(path)).map(row => ({...row, path: row.path.slice('metadata.'.length)}));
}

function fields(kind: string, rows: readonly FieldRow[]): string {
	return table(['Field', 'Type', 'Default', 'Meaning'], rows.filter(row => !row.isRefused).map(row => {
		const {meaning, said} = split(meaningOf(kind, row.path));
		return [code(row.path), row.type, said ?? defaultOf(row), meaning];
	}));
}

/** What the system writes has no defaults. */
function observed(kind: string, rows: readonly FieldRow[]): string {
	return table(['Field', 'Type', 'Meaning'], rows.filter(row => !row.isRefused).map(row => [code(row.path), row.type, split(meaningOf(kind, row.path)).meaning]));
}

/** A meaning may end with the default in words. */
function split(meaning: string): {readonly meaning: string; readonly said?: string} {
	const [, text, said] = /^(.*?) ?Default: (.+)\.$/u.exec(meaning) ?? [];
	return text === undefined || said === undefined ? {meaning} : {meaning: text, said: knownDefaults.has(said) ? code(said) : said};
}

/** Values, to be told from sentences. */
const knownDefaults: ReadonlySet<string> = new Set(['1', 'default', ...templateDefaults().values()]);

/** The defaults an image entry gets, by field; a test holds the sentences to them. */
export function templateDefaults(): ReadonlyMap<string, string> {
	return new Map(rowsOf(ImageTemplate).flatMap(({path, defaultValue}) => (typeof defaultValue === 'string' || typeof defaultValue === 'number' || typeof defaultValue === 'boolean' ? [[path, String(defaultValue)] as const] : [])));
}

function defaultOf({defaultValue, isRequired}: FieldRow): string {
	if (defaultValue !== undefined) return code(JSON.stringify(defaultValue));
	return isRequired ? '*required*' : '';
}
