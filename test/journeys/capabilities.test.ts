import {join} from 'node:path';
import test from 'ava';
import {Publisher} from 'zeromq';
import {eventually} from '../support/eventually.js';
import {startNodeProcess, type NodeProcess} from '../support/node-process.js';
import {serviceOf, servicesPath} from '../support/services.js';
import {makeTempDirectory} from '../support/temp-directory.js';

const settings = ['engines.docker.enabled=false', 'engines.simulated.enabled=true'];
const wantsRfid = serviceOf('reader', {image: {engine: 'simulated', capabilities: ['rfid']}});

const readyOf = async (node: NodeProcess): Promise<number> => (await node.call('GET', `${servicesPath}/reader`)).status?.readyReplicas ?? 0;
const capabilitiesOf = async (node: NodeProcess): Promise<string> => JSON.stringify(await node.call('GET', '/apis/motey.io/v1/nodes'));

test('a service that waits for a capability starts within 5 s of its appearance, and the capability goes with a restart of the agent', async t => {
	await using directory = await makeTempDirectory();
	const publisher = new Publisher({linger: 0});
	publisher.connect(`ipc://${join(directory.path, 'run', 'capabilities.sock')}`);
	await using first = await startNodeProcess({directory: directory.path, settings});
	await first.call('POST', servicesPath, wantsRfid);
	await eventually(async () => JSON.stringify(await first.call('GET', `${servicesPath}/reader`)).includes('rfid'), {what: 'the service to say what it waits for'});
	t.is(await readyOf(first), 0);
	await eventually(async () => {
		await publisher.send('add_capability#{"capability": "rfid", "capability_type": "hardware"}');
		return (await capabilitiesOf(first)).includes('"source":"session"');
	}, {what: 'the capability to be in the Node'});
	const from = performance.now();
	await eventually(async () => await readyOf(first) === 1, {what: 'the service to run', everyMs: 20});
	t.true(performance.now() - from < 5000);
	publisher.close();
	await first.stop();
	await using second = await startNodeProcess({directory: directory.path, settings});
	t.false((await capabilitiesOf(second)).includes('"source":"session"'));
});
