import {chmod, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {cliEnvironment} from '../../api/cli/args.js';
import {sourceOf} from '../../controller/config/layers.js';
import {loadConfig, type ConfigFlags} from '../../controller/config/load.js';
import {defaultPaths} from '../../controller/config/paths.js';
import {renderConfig} from '../../controller/config/render.js';
import {makeTempDirectory} from '../support/temp-directory.js';

async function withFile(text: string, use: (file: string) => Promise<void>): Promise<void> {
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'motey.yaml');
	await writeFile(file, text, {mode: 0o644});
	await use(file);
}

const load = async (flags: ConfigFlags, environment: Record<string, string> = {}) => loadConfig(flags, environment);

test('a node needs no configuration', async t => {
	const {config} = await load({});
	t.is(config.api.port, 5023);
	t.is(config.engines.docker.url, 'unix:///var/run/docker.sock');
	t.deepEqual(config.policy.allowHostPaths, []);
});

test('flags win over the environment, the environment over the file, the file over the defaults', async t => {
	await withFile('name: from-file\napi: {port: 1, tlsPort: 2}\nlog: {level: warn}\n', async file => {
		const {config, settings} = await load({config: file, port: '3'}, {MOTEY_PORT: '4', MOTEY_TLS_PORT: '5'});
		t.is(config.name, 'from-file');
		t.deepEqual([config.api.port, config.api.tlsPort, config.log.level], [3, 5, 'warn']);
		t.is(sourceOf(settings, 'api.port'), '--port');
		t.is(sourceOf(settings, 'api.tlsPort'), 'MOTEY_TLS_PORT');
		t.is(sourceOf(settings, 'log.level'), file);
		t.is(sourceOf(settings, 'log.file'), 'default');
	});
});

test('any key can be set on the command line', async t => {
	const {config} = await load({set: ['log.level=debug', 'limits.watches=7', 'api.hosts=a.example,b.example']});
	t.is(config.log.level, 'debug');
	t.deepEqual(config.limits, {watches: 7});
	t.deepEqual(config.api.hosts, ['a.example', 'b.example']);
});

test('compatibility is short for what the original Motey spoke, and goes with more', async t => {
	await withFile('compatibility: {cleverShow: 25000}\n', async file => {
		t.deepEqual((await load({config: file})).config.compatibility, {rest: false, zeromq: false, mqtt: false, cleverShow: 25_000});
		const {config, settings} = await load({config: file, compatibility: true});
		t.deepEqual(config.compatibility, {rest: true, zeromq: true, mqtt: true, cleverShow: 25_000});
		t.is(sourceOf(settings, 'compatibility.rest'), '--compatibility');
		t.deepEqual((await load({config: file}, {MOTEY_COMPATIBILITY: 'false'})).config.compatibility, {rest: false, zeromq: false, mqtt: false, cleverShow: false});
	});
	t.deepEqual((await load({set: ['compatibility=true', 'compatibility.mqtt=false']})).config.compatibility, {rest: true, zeromq: true, mqtt: false, cleverShow: false});
	await t.throwsAsync(load({set: ['compatibility.cleverSho=1']}), {message: /did you mean compatibility\.cleverShow\?/u});
});

test('what a key takes as text is taken as it was written', async t => {
	const {config} = await load({dataDir: '/srv/shelf #3', name: '007', set: ['log.file=/var/log/a: b.log']});
	t.deepEqual([config.dataDir, config.name, config.log.file], ['/srv/shelf #3', '007', '/var/log/a: b.log']);
});

test('nobody but the user can be first to make the folder of the socket', t => {
	const environment = {XDG_DATA_HOME: '/home/ada/data'};
	t.is(defaultPaths({uid: 1000, home: '/home/ada', environment}).runDir, '/home/ada/data/motey/run');
	t.is(cliEnvironment({...environment, HOME: '/home/ada'}, 1000).runDir, '/home/ada/data/motey/run', 'the command line looks where the node is');
	t.is(defaultPaths({uid: 1000, home: '/home/ada', environment: {XDG_RUNTIME_DIR: '/run/user/1000'}}).runDir, '/run/user/1000/motey');
});

test('the printed configuration names the source of every value', async t => {
	const text = renderConfig(await load({name: 'shelf-3'}, {DOCKER_HOST: 'unix:///tmp/d.sock'}));
	t.regex(text, /name: shelf-3\s+# --name/u);
	t.regex(text, /engines\.docker\.url: unix:\/\/\/tmp\/d\.sock\s+# DOCKER_HOST/u);
});

const refusals: readonly [string, {file?: string; flags?: ConfigFlags; environment?: Record<string, string>}, RegExp][] = [
	['an unknown key names the nearest one', {file: 'api: {prot: 1}\n'}, /unknown key api\.prot; did you mean api\.port\?/u],
	['a wrong type names key and file', {file: 'api: {port: many}\n'}, /motey\.yaml: api\.port: /u],
	['a wrong flag names the flag', {flags: {port: '70000'}}, /--port: api\.port: /u],
	['broken YAML names its line', {file: 'api:\n  port: [1\n'}, /motey\.yaml: .*line/su],
	['a file that is no map is refused', {file: '- a\n'}, /must be a map/u],
	['a --set without a value is refused', {flags: {set: ['log.level']}}, /write it as KEY=VALUE/u],
	['a key that every object inherits is no way around', {flags: {set: ['__proto__.allowPrivileged=true']}}, /unknown key __proto__/u],
	['an engine outside cannot have the name of one of Motey\'s own', {file: 'engines: {external: {allow: [docker]}}\n'}, /engines\.external\.allow: must be names of their own/u],
	['no engine outside is named twice', {file: 'engines: {external: {allow: [lxc, lxc]}}\n'}, /engines\.external\.allow: must be names of their own/u],
	['the name of an engine outside is a name', {file: 'engines: {external: {allow: [\'a b\']}}\n'}, /engines\.external\.allow\b.*: /u],
	['policy is not taken from a flag', {flags: {set: ['policy.allowPrivileged=true']}}, /only in its own file/u],
];
for (const [title, {file, flags = {}, environment = {}}, message] of refusals) {
	test(title, async t => {
		if (file === undefined) {
			await t.throwsAsync(load(flags, environment), {name: 'ConfigError', message});
			return;
		}
		await withFile(file, async path => {
			await t.throwsAsync(load({...flags, config: path}, environment), {name: 'ConfigError', message});
		});
	});
}

test('policy counts only from a file that nobody else can write', async t => {
	await withFile('policy: {allowHostPaths: [/srv]}\n', async file => {
		t.deepEqual((await load({config: file})).config.policy.allowHostPaths, ['/srv']);
		await chmod(file, 0o666);
		await t.throwsAsync(load({config: file}), {message: /others can write it/u});
	});
});

test('a configuration file that was named must exist', async t => {
	await t.throwsAsync(load({config: '/nonexistent/motey.yaml'}), {message: /no such file/u});
});
