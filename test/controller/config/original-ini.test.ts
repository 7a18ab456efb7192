import {execFile} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {parse} from 'yaml';
import {loadConfig} from '../../../controller/config/load.js';
import {bin} from '../../support/node-process.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const run = promisify(execFile);

const original = `
[GENERAL]
app_name = motey
pid = /var/run/motey/motey.pid

[LOGGER]
name = motey
log_path = /var/log/motey
file_name = node.log

[WEBSERVER]
ip = 127.0.0.1
port = 6023

[MQTT]
ip = 172.17.0.3
port = 1884
keepalive = 45
username = node
password = s3cret

[DATABASE]
path = /opt/motey/databases

[ZEROMQ]
capability_engine_ipc_path = /tmp/engine.ipc
capabilities_replier = 6091
deploy_image_replier = 6092
image_status_replier = tcp://*:6093
image_terminate_replier = 6094

[DOCKER]
url = unix://var/run/docker.sock
`;

async function withIni(text: string, use: (file: string, directory: string) => Promise<void>): Promise<void> {
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'config.ini');
	await writeFile(file, text, {mode: 0o600});
	await use(file, directory.path);
}

test('the original\'s config.ini is read as it is', async t => {
	await withIni(original, async file => {
		const {config, warnings} = await loadConfig({config: file}, {});
		t.is(config.runDir, '/var/run/motey');
		t.is(config.log.file, '/var/log/motey/node.log');
		t.deepEqual([config.api.port, config.api.listen], [6023, []]);
		t.like(config.mqtt, {url: 'mqtt://172.17.0.3:1884', keepalive: 45, username: 'node'});
		t.is(config.dataDir, '/opt/motey/databases');
		t.deepEqual(config.repliers, {capabilities: 6091, deploy: 6092, status: 6093, terminate: 6094});
		t.is(config.capabilities.socket, '/tmp/engine.ipc');
		t.is(config.engines.docker.url, 'unix:///var/run/docker.sock');
		t.deepEqual(warnings.map(warning => warning.slice(file.length + 2, file.length + 20)), ['[GENERAL] app_name']);
	});
});

test('flags win over it, as over motey.yaml', async t => {
	await withIni(original, async file => {
		const {config} = await loadConfig({config: file, port: '7000'}, {});
		t.is(config.api.port, 7000);
	});
});

test('what it does not know is a warning that names the nearest, and the rest counts', async t => {
	await withIni('[MQTT]\nip = 10.0.0.1\nkeep_alive = 3\n[WEBSERVR]\nport = 1\n[__proto__]\nport = 2\n[DOCKER]\n__proto__ = x\nconstructor = y\n', async file => {
		const {config, warnings} = await loadConfig({config: file}, {});
		t.is(config.mqtt.url, 'mqtt://10.0.0.1:1883');
		t.true(warnings.includes(`${file}: unknown key [MQTT] keep_alive; did you mean keepalive?`), warnings.join('\n'));
		t.true(warnings.includes(`${file}: unknown section [WEBSERVR]; did you mean [WEBSERVER]?`));
		t.true(warnings.some(warning => warning.includes('[DOCKER] constructor')));
		t.is(config.api.port, 5023);
	});
});

test('a value that cannot be is an error that names the file and the key', async t => {
	await withIni('[WEBSERVER]\nport = many\n', async file => {
		await t.throwsAsync(loadConfig({config: file}, {}), {message: new RegExp(`${file}: api\\.port`, 'u')});
	});
});

test('an address that others reach is served over TLS, and that is told', async t => {
	await withIni('[WEBSERVER]\nip = 192.168.1.7\nport = 5023\n', async file => {
		const {config, warnings} = await loadConfig({config: file}, {});
		t.deepEqual(config.api.listen, ['192.168.1.7']);
		t.regex(warnings.join(), /TLS/u);
	});
});

test('motey config --from prints it as motey.yaml, which says the same', async t => {
	await withIni(original, async (file, directory) => {
		const {stdout, stderr} = await run(process.execPath, [bin, 'config', '--from', file]);
		t.regex(stderr, /warning: .*app_name/u);
		const yaml = join(directory, 'motey.yaml');
		await writeFile(yaml, stdout);
		const [fromIni, fromYaml] = await Promise.all([loadConfig({config: file}, {}), loadConfig({config: yaml}, {})]);
		t.deepEqual(fromYaml.config, fromIni.config);
		t.is((parse(stdout) as {mqtt: {port?: number}}).mqtt.port, undefined, 'only what the file says');
		const shown = await run(process.execPath, [bin, 'config', '--config', file]);
		t.false(shown.stdout.includes('s3cret'), 'the configuration in force is shown without secrets');
		t.regex(shown.stdout, /mqtt\.password: "?\*\*\*/u);
	});
});
