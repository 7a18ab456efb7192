import {createHash} from 'node:crypto';
import {mkdir, readdir, readFile, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {createServiceFiles} from '../../../../controller/compatibility/stream-framing/service-files.js';
import {fileActions} from '../../../../controller/peers/transfer/actions.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openTestMdp} from '../../peers/mdp/open-test-mdp.js';
import {openTransfers} from '../../peers/transfer/open-transfers.js';
import {bytesOf, startOldClient} from './old-client.js';
import {openDoor} from './open-door.js';

test('files of old clients lie where the node allows files, and nowhere else', async t => {
	await using directory = await makeTempDirectory('allowed-');
	await using transfers = await openTransfers(directory.path);
	await using mdp = await openTestMdp({builtins: fileActions(transfers)});
	const door = await openDoor(t, {files: createServiceFiles({service: 'attic.files', ask: request => mdp.calls.ask(request), nowMs: () => performance.now()})});
	const allowed = join(directory.path, 'files');
	await mkdir(allowed, {recursive: true});
	await symlink('/etc', join(allowed, 'link'));
	await writeFile(join(directory.path, 'secret'), 'secret');
	await using client = startOldClient(door.listener.port);
	client.do({do: 'send_file', filepath: 'show.csv', size: 1_000_000, seed: 'show'}, {do: 'send_file', filepath: join(allowed, 'small'), size: 3, seed: 's'}, {do: 'send_file', filepath: 'empty', size: 0, seed: ''});
	client.do({do: 'request', id: '0001', value: 'filetransfer', kwargs: {filepath: join(allowed, 'show.csv')}}, {do: 'request', id: '0002', value: 'filetransfer', kwargs: {filepath: 'empty'}});
	t.deepEqual(await client.receive(2), [
		{type: 'response', value: 'filetransfer', id: '0001', bytes: 1_000_000, sha256: createHash('sha256').update(bytesOf('show', 1_000_000)).digest('hex')},
		{type: 'response', value: 'filetransfer', id: '0002', bytes: 0, sha256: createHash('sha256').digest('hex')},
	]);
	t.deepEqual(await readFile(join(allowed, 'small')), bytesOf('s', 3));
	const elsewhere = ['../secret', join(directory.path, 'secret'), '/etc/passwd', 'link/passwd', 'show.csv/below', ''];
	for (const filepath of elsewhere) client.do({do: 'send_file', filepath, size: 10, seed: 'x'}, {do: 'request', id: '0003', value: 'filetransfer', kwargs: {filepath}});
	const refused = await client.receive(2 * elsewhere.length);
	t.deepEqual(refused.map(({error = ''}) => error.split(':')[0]), [...Array.from({length: 8}, () => 'Forbidden'), 'Conflict', 'Conflict', 'BadRequest', 'BadRequest']);
	t.is(await readFile(join(directory.path, 'secret'), 'utf8'), 'secret');
	const header = Buffer.from(JSON.stringify({byteorder: 'little', 'content-type': 'binary', 'content-encoding': 'utf-8', 'content-length': 600_000, 'message-type': 'message', action: 'filetransfer', filepath: 'half'}));
	client.do({do: 'raw', hex: Buffer.concat([Buffer.from([0, header.length]), header, Buffer.alloc(300_000)]).toString('hex')});
	await eventually(async () => (await readdir(allowed)).length === 5);
	client.do({do: 'reconnect'});
	await eventually(async () => (await readdir(allowed)).length === 4);
	t.deepEqual((await readdir(allowed)).sort(), ['empty', 'link', 'show.csv', 'small']);
});
