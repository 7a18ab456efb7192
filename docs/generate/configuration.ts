import {defaultHttpLimits} from '../../api/limits/limits.js';
import {defaultApiLimits} from '../../api/ports/limits.js';
import {commonKeys} from '../../controller/config/load.js';
import {defaultPaths} from '../../controller/config/paths.js';
import {Config, fileOnlyKeys} from '../../controller/config/schema.js';
import {TransferLimits} from '../../controller/peers/transfer/limits.js';
import {defaultLimits} from '../../store/level/limits.js';
import {examples} from './examples.js';
import {imageLimits} from '../../controller/limits.js';
import {apiLimitMeanings, httpLimitMeanings, imageLimitMeanings, storeLimitMeanings, transferLimitMeanings} from './limit-meanings.js';
import {code, generatedNote, table, yamlBlock} from './markdown.js';
import {rowsOf, type FieldRow} from './schema-rows.js';

/** The page `docs/configuration.md`: every key, flag, variable and limit. */
export function renderConfiguration(): string {
	return `# Configuration

${generatedNote}

\`motey start\` needs no configuration. \`motey config\` prints what is in force and where each value came from.

## Where values come from

The later wins:

1. defaults
2. the file \`motey.yaml\`
3. environment variables (\`MOTEY_…\`)
4. flags, and \`--set KEY=VALUE\` for any key: \`--set log.level=debug\`

The file is the one \`--config\` names, else \`MOTEY_CONFIG_FILE\`, else the default below. One that is named must exist; the default one need not. An unknown key is an error that names the nearest known one.

| | for root | for anybody else |
|---|---|---|
${places()}

Directories are made when absent. Set both \`dataDir\` and \`runDir\` (and ports) to run several nodes on one host:

\`\`\`sh
motey start --data-dir /tmp/a --run-dir /tmp/a/run --port 0 --tls-port 0
motey status --run-dir /tmp/a/run -o json     # says which ports
\`\`\`

## An example

${yamlBlock(examples.configuration)}

## Keys

${table(['Key', 'Type', 'Default', 'Meaning'], rowsOf(Config).filter(isLeaf).map(row => [code(row.path), row.type, defaultOf(row), meaningOf(row)]))}

## Flags and variables

Flags of \`motey start\`, \`restart\`, \`stop\`, \`status\`, \`config\` and \`store\`. Lists are separated by commas.

${table(['Flag', 'Variable', 'Key'], [
		['`--config FILE`', '`MOTEY_CONFIG_FILE`', 'the file itself'],
		...commonKeys.map(({flag, variable, key}) => [code(`--${kebab(flag)}`), code(variable), code(key)]),
		['`--set KEY=VALUE`', '', 'any but what only the node\'s own file may set, as below; may be repeated'],
	])}

\`DOCKER_HOST\` is the default of \`engines.docker.url\`. The client verbs have variables of their own: \`MOTEY_SERVER\`, \`MOTEY_TOKEN\`, \`MOTEY_RUN_DIR\`, and \`MOTEY_CONFIG\` for the file of contexts; see [CLI](cli.md).

## What a node permits

${fileOnlyKeys.map(code).join(', ')} are read from the node's own file and from nowhere else: a flag, a variable or \`--set\` that names one is refused, and the API cannot reach them. Whoever can write the file decides what workloads may do to the host, so a file that sets one of them must belong to root or to the user the node runs as, and must not be writable for group or others. Otherwise the node does not start, and says how to mend it:

\`\`\`text
/etc/motey/motey.yaml: sets policy but others can write it; make it root's with: chown root /etc/motey/motey.yaml && chmod 644 /etc/motey/motey.yaml
\`\`\`

Without any \`policy\` the baseline holds; see [Guarantees](guarantees.md#safe-by-default). A refusal names the line that would allow what was asked.

## Logins of private registries

\`<dataDir>/registries.json\` (or \`engines.docker.credentials\`) has the form of Docker's \`config.json\`: \`auths\`, by registry, with \`auth\` (base64 of \`user:password\`) or \`username\` and \`password\`. It is read at each pull, so a new login needs no restart. Keep it at mode 0600.

\`\`\`json
{"auths": {"registry.example.org:5000": {"username": "shelf", "password": "…"}}}
\`\`\`

## Limits

Each can be changed under \`limits\`, all by their bare names: \`limits: {watches: 400}\` or \`--set limits.watches=400\`. An unknown name is an error that names the nearest.

### Connections and requests

${limits(defaultHttpLimits, httpLimitMeanings)}

### Bodies, answers and watches

${limits(defaultApiLimits, apiLimitMeanings)}

### Store

${limits(defaultLimits, storeLimitMeanings)}

### Files between nodes

${limits({...TransferLimits.parse({}), transferBytesPerSecond: undefined}, transferLimitMeanings)}

### Images

For what comes from other nodes or is pushed; see [Images without a registry](images.md):

${limits(imageLimits, imageLimitMeanings)}
`;
}

function places(): string {
	const root = defaultPaths({uid: 0, home: '/root', environment: {}});
	const user = defaultPaths({uid: 1000, home: '~', environment: {XDG_RUNTIME_DIR: '$XDG_RUNTIME_DIR'}});
	const bare = defaultPaths({uid: 1000, home: '~', environment: {}});
	return [
		['the file', root.configFile, user.configFile, 'XDG_CONFIG_HOME'],
		['`dataDir`', root.dataDir, user.dataDir, 'XDG_DATA_HOME'],
		['`runDir`', root.runDir, user.runDir, 'XDG_RUNTIME_DIR'],
	].map(([what = '', ofRoot = '', ofUser = '', variable = '']) => `| ${what} | \`${ofRoot}\` | \`${ofUser}\`${ofUser.startsWith('$') ? `, without that variable \`${bare.runDir}\`` : `, or below \`$${variable}\``} |`).join('\n');
}

/** Groups have no meaning of their own. */
function isLeaf({description}: FieldRow): boolean {
	return description !== undefined;
}

const byDefault = /; ([^;]+) by default$/u;

function meaningOf({path, description = ''}: FieldRow): string {
	const meaning = description.replace(byDefault, '').replace(/<(\w+)>(\/[\w.]+)/gu, '`<$1>$2`');
	return path === 'limits' ? 'limits by name, as below' : meaning;
}

function defaultOf({path, defaultValue, description = ''}: FieldRow): string {
	const root = defaultPaths({uid: 0, home: '/root', environment: {}});
	if (path === 'dataDir') return `${code(root.dataDir)}; see above`;
	if (path === 'runDir') return `${code(root.runDir)}; see above`;
	const said = byDefault.exec(description)?.[1];
	if (said !== undefined) return said.replace(/(?:unix:\/\/\/|<)\S+/u, text => code(text)).replace('DOCKER_HOST', code('DOCKER_HOST'));
	return defaultValue === undefined ? '' : code(JSON.stringify(defaultValue));
}

function limits(defaults: object, meanings: Readonly<Record<string, string>>): string {
	return table(['Name', 'Default', 'Bounds'], Object.entries(defaults).map(([name, value]) => [code(name), value === undefined ? 'none' : figure(name, Number(value)), meanings[name] ?? '']));
}

/** A default with its unit, from the unit in the name. */
function figure(name: string, value: number): string {
	const plain = String(value).replace(/\B(?=(?:\d{3})+$)/gu, ' ');
	if (name.endsWith('Bytes')) return value % 1_048_576 === 0 ? `${plain} (${value / 1_048_576} MiB)` : `${plain} (${value / 1024} KiB)`;
	if (name.endsWith('Ms')) return `${plain} (${value % 60_000 === 0 ? `${value / 60_000} min` : `${value / 1000} s`})`;
	return plain;
}

const kebab = (flag: string): string => flag.replace(/[A-Z]/gu, letter => `-${letter.toLowerCase()}`);
