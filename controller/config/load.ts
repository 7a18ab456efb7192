import {stat} from 'node:fs/promises';
import {hostname, homedir} from 'node:os';
import {dirname, resolve} from 'node:path';
import {closest} from 'fastest-levenshtein';
import {parseDocument} from 'yaml';
import {z} from 'zod';
import {readIfThere} from '../private-file.js';
import {ConfigError} from './errors.js';
import {flatten, nest, sourceOf, type Setting} from './layers.js';
import {defaultPaths} from './paths.js';
import {Config, fileOnlyKeys} from './schema.js';

/** What a process verb was given on its command line. Names of the common keys, and any key through `set`. */
export interface ConfigFlags {
	readonly config?: string | undefined;
	readonly set?: readonly string[] | undefined;
	readonly [flag: string]: unknown;
}

/** A configuration in force, and where each value came from. */
export interface LoadedConfig {
	readonly config: Config;
	readonly settings: readonly Setting[];
	/** The file that was read, whether or not it exists. */
	readonly file: string;
	/** What a file of the original says that means nothing here, a sentence each. */
	readonly warnings: readonly string[];
}

/** Flags and variables of the common keys. Everything else goes through `--set KEY=VALUE`. */
export const commonKeys = [
	{flag: 'name', variable: 'MOTEY_NAME', key: 'name'},
	{flag: 'dataDir', variable: 'MOTEY_DATA_DIR', key: 'dataDir'},
	{flag: 'runDir', variable: 'MOTEY_RUN_DIR', key: 'runDir'},
	{flag: 'port', variable: 'MOTEY_PORT', key: 'api.port'},
	{flag: 'tlsPort', variable: 'MOTEY_TLS_PORT', key: 'api.tlsPort'},
	{flag: 'listen', variable: 'MOTEY_LISTEN', key: 'api.listen'},
	{flag: 'dockerUrl', variable: 'MOTEY_DOCKER_URL', key: 'engines.docker.url'},
	{flag: 'logLevel', variable: 'MOTEY_LOG_LEVEL', key: 'log.level'},
	{flag: 'compatibility', variable: 'MOTEY_COMPATIBILITY', key: 'compatibility'},
] as const;

/**
 * Reads the configuration: flags over environment over `motey.yaml`, or the original's `config.ini`, over defaults. Throws a `ConfigError` that names the key and its source.
 * A `--config` file must exist; the default one need not.
 */
export async function loadConfig(flags: ConfigFlags, environment: Readonly<Record<string, string | undefined>> = process.env): Promise<LoadedConfig> {
	const paths = defaultPaths({uid: process.getuid?.() ?? 0, home: homedir(), environment});
	const chosen = flags.config ?? environment['MOTEY_CONFIG_FILE'];
	const file = chosen ?? paths.configFile;
	const read = await fromFile(file, chosen !== undefined);
	const settings: readonly Setting[] = spelledOut([
		...flatten({name: nodeNameFrom(hostname()), dataDir: paths.dataDir, runDir: paths.runDir, api: {}, log: {}, capabilities: {}, policy: {}}, 'default').filter(setting => setting.value !== undefined),
		{key: 'engines.docker.url', value: environment['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock', source: environment['DOCKER_HOST'] === undefined ? 'default' : 'DOCKER_HOST'},
		...read.settings,
		...withoutFileOnly(fromEnvironment(environment)),
		...withoutFileOnly(fromFlags(flags)),
	]);
	// It would be set on every object there is, the policy among them.
	const inherited = settings.find(({key}) => key.split('.').includes('__proto__'));
	if (inherited) throw new ConfigError(unknownKey(inherited.key, settings));
	const parsed = Config.safeParse(withGroups(nest(settings)));
	if (!parsed.success) throw invalid(parsed.error, settings);
	return {config: parsed.data, settings, file, warnings: read.warnings};
}

/** Groups that nobody set must be there for their own defaults to apply. */
function withGroups(tree: unknown): unknown {
	const {engines, ...rest} = z.looseObject({engines: z.looseObject({}).default({})}).parse(tree);
	return {compatibility: {}, api: {}, peers: {}, mqtt: {}, groups: {}, repliers: {}, log: {}, policy: {}, capabilities: {}, files: {}, images: {}, ...rest, engines: {simulated: {}, docker: {}, process: {}, external: {}, ...engines}};
}

/** `compatibility: true` is short for what the original Motey spoke; `false` for nothing of the kind, whatever an earlier layer says. */
function spelledOut(settings: readonly Setting[]): readonly Setting[] {
	return settings.flatMap(setting => {
		if (setting.key !== 'compatibility' || typeof setting.value !== 'boolean') return [setting];
		const names = setting.value ? ['rest', 'zeromq', 'mqtt'] : ['rest', 'zeromq', 'mqtt', 'cleverShow'];
		return names.map(name => ({...setting, key: `compatibility.${name}`}));
	});
}

async function fromFile(file: string, mustExist: boolean): Promise<Pick<LoadedConfig, 'settings' | 'warnings'>> {
	const text = await readIfThere(file);
	if (text === undefined) {
		if (mustExist) throw new ConfigError(`${file}: no such file; check --config or MOTEY_CONFIG_FILE`);
		return {settings: [], warnings: []};
	}
	if (file.endsWith('.ini')) {
		const {readOriginalIni} = await import('./original-ini.js');
		const {settings, warnings} = readOriginalIni(text, dirname(resolve(file)));
		return {settings: settings.map(setting => ({...setting, source: file})), warnings: warnings.map(warning => `${file}: ${warning}`)};
	}
	const document = parseDocument(text, {prettyErrors: true});
	const [problem] = document.errors;
	if (problem) throw new ConfigError(`${file}: ${problem.message}`);
	const tree: unknown = document.toJS({maxAliasCount: 20});
	if (tree === null || tree === undefined) return {settings: [], warnings: []};
	if (typeof tree !== 'object' || Array.isArray(tree)) throw new ConfigError(`${file}: must be a map of keys, such as "name: shop-1"`);
	const settings = flatten(tree, file);
	const permits = fileOnlyKeys.find(name => settings.some(({key}) => isBelow(key, name)));
	if (permits !== undefined) await refuseForeignOwner(file, permits);
	return {settings, warnings: []};
}

/** A policy that others than the node's administrator can write is no policy. */
async function refuseForeignOwner(file: string, permits: string): Promise<void> {
	const {uid, mode} = await stat(file);
	const own = process.getuid?.() ?? 0;
	if ((uid !== 0 && uid !== own) || (mode & 0o022) !== 0) {
		throw new ConfigError(`${file}: sets ${permits} but others can write it; make it root's with: chown root ${file} && chmod 644 ${file}`);
	}
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): readonly Setting[] {
	return commonKeys.flatMap(({variable, key}) => {
		const text = environment[variable];
		return text === undefined || text === '' ? [] : [{key, value: valueOf(key, text), source: variable}];
	});
}

function fromFlags(flags: ConfigFlags): readonly Setting[] {
	const common = commonKeys.flatMap(({flag, key}) => {
		const value = flags[flag];
		return value === undefined ? [] : [{key, value: typeof value === 'string' ? valueOf(key, value) : value, source: `--${kebab(flag)}`}];
	});
	const set = (flags.set ?? []).map(text => {
		const at = text.indexOf('=');
		if (at < 1) throw new ConfigError(`--set ${text}: write it as KEY=VALUE, such as --set log.level=debug`);
		return {key: text.slice(0, at), value: valueOf(text.slice(0, at), text.slice(at + 1)), source: `--set ${text.slice(0, at)}`};
	});
	return [...common, ...set];
}

/** Text from a flag or variable: as it is where the key takes text, else as YAML reads it; a list may be written with commas. */
function valueOf(key: string, text: string): unknown {
	if (key === 'api.listen' || key === 'api.hosts' || key === 'peers.addresses') return text.split(',').map(part => part.trim());
	return schemaOf(key)?.safeParse(text).success === true ? text : parseDocument(text).toJS({maxAliasCount: 0});
}

const isBelow = (key: string, name: string): boolean => key === name || key.startsWith(`${name}.`);
const isFileOnly = ({key}: Setting): boolean => fileOnlyKeys.some(name => isBelow(key, name));

function withoutFileOnly(settings: readonly Setting[]): readonly Setting[] {
	const refused = settings.find(isFileOnly);
	if (refused) throw new ConfigError(`${refused.source}: what a node permits is set only in its own file; put ${refused.key} into motey.yaml`);
	return settings;
}

function invalid(error: z.ZodError, settings: readonly Setting[]): ConfigError {
	const sentences = error.issues.map(issue => {
		if (issue.code === 'unrecognized_keys') return issue.keys.map(name => unknownKey([...issue.path.map(String), name].join('.'), settings)).join('; ');
		const key = issue.path.join('.');
		return `${sourceOf(settings, key)}: ${key}: ${issue.message}`;
	});
	return new ConfigError(sentences.join('; '));
}

function unknownKey(key: string, settings: readonly Setting[]): string {
	return `${sourceOf(settings, key)}: unknown key ${key}; did you mean ${closest(key, knownKeys(Config))}?`;
}

/** Every key of a schema, dotted. */
export function knownKeys(schema: z.ZodType, prefix = ''): string[] {
	const fields = fieldsOf(schema);
	if (fields === undefined) return [prefix];
	return [...fields].flatMap(([name, field]) => knownKeys(field, prefix === '' ? name : `${prefix}.${name}`));
}

/** What a dotted key of the configuration takes; undefined for one that there is not, or that is within a map. */
const schemaOf = (key: string): z.ZodType | undefined =>
	key.split('.').reduce<z.ZodType | undefined>((schema, name) => schema === undefined ? undefined : fieldsOf(schema)?.get(name), Config);

function fieldsOf(schema: z.ZodType): ReadonlyMap<string, z.ZodType> | undefined {
	const inner = schema instanceof z.ZodReadonly ? schema.unwrap() : schema;
	if (!(inner instanceof z.ZodObject)) return undefined;
	return new Map(Object.entries(z.record(z.string(), z.instanceof(z.ZodType)).parse(inner.shape)));
}

const kebab = (flag: string): string => flag.replace(/[A-Z]/gu, letter => `-${letter.toLowerCase()}`);

/** The host's name in Motey's alphabet. */
function nodeNameFrom(host: string): string {
	return host.replace(/[^A-Za-z0-9._-]/gu, '-').replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/gu, '').slice(0, 63) || 'node';
}
