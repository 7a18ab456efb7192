import {dirname, isAbsolute, join, resolve} from 'node:path';
import {closest} from 'fastest-levenshtein';
import {parse} from 'ini';
import {isIP} from 'node:net';
import {z} from 'zod';

/** A key of `motey.yaml` that a line of the original's `config.ini` stands for, or what to tell about the line instead. */
type Meaning = {readonly key: string; readonly value: unknown} | {readonly warning: string};

/** The value of one line, the others of its section, and the folder that relative paths begin in. */
interface Line {
	readonly value: string;
	readonly section: Readonly<Record<string, string>>;
	readonly directory: string;
}

const set = (key: string, value: unknown): readonly Meaning[] => [{key, value}];
const tell = (warning: string): readonly Meaning[] => [{warning}];
/** Said by another line of its section. */
const elsewhere = (): readonly Meaning[] => [];
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || host.startsWith('127.');

/** Ports stand as numbers, or at the end of an address. */
const port = (key: string) => ({value}: Line): readonly Meaning[] => set(key, Number(/(\d+)$/u.exec(value)?.[1] ?? Number.NaN));

/** Every key of the original's file, by section. */
const meanings: Readonly<Record<string, Readonly<Record<string, (line: Line) => readonly Meaning[]>>>> = {
	GENERAL: {
		app_name: () => tell('[GENERAL] app_name named the program; a node is named by --name or `name`, the host\'s name by default'),
		pid: ({value, directory}) => set('runDir', dirname(resolve(directory, value))),
	},
	LOGGER: {
		name: elsewhere,
		log_path: ({value, section, directory}) => set('log.file', resolve(directory, value, section['file_name'] ?? 'motey.log')),
		file_name: ({value, section, directory}) => (section['log_path'] === undefined ? set('log.file', resolve(directory, value)) : []),
	},
	WEBSERVER: {
		ip: ({value}) => (isLoopback(value) ? [] : [...set('api.listen', [value]), {warning: `[WEBSERVER] ip ${value}: plain HTTP is served on loopback only; there it is TLS on api.tlsPort, with a token`}]),
		port: port('api.port'),
	},
	MQTT: {
		ip: ({value, section}) => set('mqtt.url', `mqtt://${isIP(value) === 6 ? `[${value}]` : value}:${section['port'] ?? '1883'}`),
		port: ({section}) => (section['ip'] === undefined ? tell('[MQTT] port says nothing without ip') : []),
		keepalive: ({value}) => set('mqtt.keepalive', Number(value)),
		username: ({value}) => set('mqtt.username', value),
		password: ({value}) => set('mqtt.password', value),
	},
	DATABASE: {path: ({value, directory}) => set('dataDir', resolve(directory, value))},
	ZEROMQ: {
		capability_engine_ipc_path: ({value, directory}) => {
			const path = value.replace(/^ipc:\/\//u, '');
			return set('capabilities.socket', isAbsolute(path) ? path : join(directory, path));
		},
		capabilities_replier: port('repliers.capabilities'),
		deploy_image_replier: port('repliers.deploy'),
		image_status_replier: port('repliers.status'),
		image_terminate_replier: port('repliers.terminate'),
	},
	// docker-py takes two slashes for three.
	DOCKER: {url: ({value}) => set('engines.docker.url', value.replace(/^unix:\/\/(?!\/)/u, 'unix:///'))},
};

const Ini = z.record(z.string(), z.unknown());
const Value = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What the original's `config.ini` says, as settings; `directory` is its folder. An unknown line is a warning that names the nearest known one. */
export function readOriginalIni(text: string, directory: string): {readonly settings: readonly {readonly key: string; readonly value: unknown}[]; readonly warnings: readonly string[]} {
	const all = Object.entries(Ini.parse(parse(text))).flatMap(([name, content]): readonly Meaning[] => {
		const known = Object.hasOwn(meanings, name) ? meanings[name] : undefined;
		const section = Ini.safeParse(content).data;
		if (section === undefined) return tell(`${name} stands in no section`);
		if (known === undefined) return tell(`unknown section [${name}]; did you mean [${closest(name, Object.keys(meanings))}]?`);
		const values = Object.fromEntries(Object.entries(section).flatMap(([key, value]) => {
			const read = Value.safeParse(value).data;
			return read === undefined || read === '' ? [] : [[key, read]];
		}));
		return Object.keys(section).flatMap(key => {
			const meaning = Object.hasOwn(known, key) ? known[key] : undefined;
			if (meaning === undefined) return tell(`unknown key [${name}] ${key}; did you mean ${closest(key, Object.keys(known))}?`);
			const value = values[key];
			return value === undefined ? [] : meaning({value, section: values, directory});
		});
	});
	return {
		settings: all.flatMap(meaning => ('key' in meaning ? [meaning] : [])),
		warnings: all.flatMap(meaning => ('warning' in meaning ? [meaning.warning] : [])),
	};
}
