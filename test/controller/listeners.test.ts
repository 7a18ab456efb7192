import {once} from 'node:events';
import {readFile, writeFile} from 'node:fs/promises';
import {createServer} from 'node:net';
import {join} from 'node:path';
import test from 'ava';
import {openListeners, type ListenerOptions} from '../../controller/listeners.js';
import {loadTls} from '../../controller/tls/load.js';
import {freePort} from '../support/free-port.js';
import {makeTempDirectory} from '../support/temp-directory.js';

async function optionsIn(directory: string): Promise<ListenerOptions> {
	const tls = await loadTls({directory: join(directory, 'tls'), nodeName: 'n', names: ['localhost'], now: new Date()});
	return {handler: (_request, response) => response.end('ok'), configure: () => undefined, onError: () => undefined, tls, port: 0, tlsPort: 0, addresses: [], socket: join(directory, 's'), maxHeaderSize: 16_384};
}

test('a file that is no socket is never removed to make room for one', async t => {
	await using directory = await makeTempDirectory();
	const options = await optionsIn(directory.path);
	await writeFile(options.socket, 'precious');
	await t.throwsAsync(openListeners(options), {name: 'ConfigError', message: /is no socket/u});
	t.is(await readFile(options.socket, 'utf8'), 'precious');
});

test('a port that another process has on [::1] is told: clients of localhost would bring it their tokens', async t => {
	await using directory = await makeTempDirectory();
	const port = await freePort();
	const other = createServer().listen(port, '::1');
	await once(other, 'listening');
	await t.throwsAsync(openListeners({...await optionsIn(directory.path), port}), {name: 'ConfigError', message: new RegExp(`\\[::1\\]:${port} is taken`, 'u')});
	other.close();
	await once(other, 'close');
});

test('what goes wrong with a server that listens is told and ends nothing', async t => {
	await using directory = await makeTempDirectory();
	const told: string[] = [];
	const listeners = await openListeners({...await optionsIn(directory.path), onError: error => told.push(error.message)});
	listeners.servers[0]!.emit('error', new Error('accept EMFILE'));
	t.deepEqual(told, ['accept EMFILE']);
	await listeners.close(0);
});
