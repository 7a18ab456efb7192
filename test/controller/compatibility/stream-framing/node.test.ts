import {join} from 'node:path';
import test from 'ava';
import {createClient, createWorker} from '../../../../controller/peers/mdp/mdp.js';
import {eventually} from '../../../support/eventually.js';
import {startNodeProcess, type NodeProcess} from '../../../support/node-process.js';
import {startOldClient} from './old-client.js';

const settings = ['name=attic', 'engines.docker.enabled=false', 'engines.simulated.enabled=true'];

interface Port {
	readonly name: string;
	readonly type: string;
	readonly kind: string;
	readonly host?: string;
	readonly port?: number;
}
const portsOf = async (node: NodeProcess): Promise<readonly Port[]> =>
	(await node.call('GET', '/apis/motey.io/v1/nodes/attic/ports')).items as unknown as readonly Port[];

test('a node serves old clients where it is told to, with its own answers and those of programs', async t => {
	await using node = await startNodeProcess({settings: [...settings, 'compatibility.cleverShow=0']});
	const opened = await eventually(async () => (await portsOf(node)).find(({name}) => name === 'clever-show'));
	t.like(opened, {type: 'tcp', kind: 'anyone', host: '127.0.0.1'});
	const received: unknown[] = [];
	const address = `ipc://${join(node.directory, 'run', 'mdp.sock')}`;
	const alarm = createWorker({address, service: 'message.alarm', handlers: {alarm: async data => Promise.resolve(received.push(data))}});
	t.teardown(async () => alarm[Symbol.asyncDispose]());
	await using program = createClient({address});
	await eventually(async () => program.serves('message.alarm'));
	await using client = startOldClient(opened.port!, {pieceBytes: 1});
	client.do({do: 'request', id: '0001', value: 'time'}, {do: 'request', id: '0002', value: 'capabilities'}, {do: 'request', id: '0003', value: 'nodestatus'});
	const [time, capabilities, status] = await client.receive(3);
	t.true(Math.abs((time!.content as number) - Date.now() / 1000) < 60);
	t.deepEqual((capabilities!.content as {readonly capability: string}[]).find(({capability}) => capability === 'simulated'), {capability: 'simulated', type: 'engine', capability_type: 'engine'});
	t.deepEqual(Object.keys(status!.content as object), ['cpu', 'memory', 'disk']);
	client.do({do: 'message', action: 'alarm', kwargs: {level: 3}});
	await eventually(() => received.length > 0);
	t.deepEqual(received, [{args: [], kwargs: {level: 3}}]);
});

test('nobody is served the old way unless the node is told to', async t => {
	await using node = await startNodeProcess({settings: [...settings, 'compatibility.rest=true']});
	t.is((await portsOf(node)).find(({kind}) => kind === 'anyone'), undefined);
});
