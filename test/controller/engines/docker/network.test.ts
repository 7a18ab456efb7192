import test from 'ava';
import {EngineError} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {freePort} from '../../../support/free-port.js';
import {testImages} from '../../../support/images.js';
import {openGround} from './ground.js';

const web = {image: testImages.web};
const page = 'motey-test/web:1';

/** What a published port serves. The proxy before the container may take the connection before the server listens, so no attempt is waited for long. */
async function pageAt(port: number): Promise<string> {
	const controller = new AbortController();
	const timer = setTimeout(() => controller.abort(), 2_000);
	try {
		return (await (await fetch(`http://127.0.0.1:${port}/`, {signal: controller.signal})).text()).trim();
	} finally {
		clearTimeout(timer);
	}
}

test('an image reaches another of its service by its bare name, of any service by image.service, and a service by its name', async t => {
	await using ground = openGround();
	const [shopWeb, shopClient, otherClient] = [
		ground.workload({template: web}),
		ground.workload({template: {name: 'client'}}),
		ground.workload({service: 'other', template: {name: 'client'}}),
	];
	const started = await Promise.all([shopWeb, shopClient, otherClient].map(async each => ground.run(each)));
	const fetched = async (from: typeof shopClient, host: string): Promise<string> => (await ground.shell(from, `timeout 5 wget -qO- http://${host}/`)).output;
	t.is(await eventually(async () => await fetched(shopClient, 'web') === page && page), page);
	t.is(await fetched(shopClient, 'web.shop'), page);
	t.is(await fetched(otherClient, 'web.shop'), page);
	const addresses = (await ground.shell(otherClient, 'ping -c 1 -W 1 shop | head -1')).output;
	t.true(started.slice(0, 2).some(each => addresses.includes(each.address!)), addresses);
	t.not((await ground.shell(otherClient, 'nslookup web')).code, 0);
});

test('what one image asks for itself is found in its own service first', async t => {
	await using ground = openGround();
	const [mine, theirs, client] = [
		ground.workload({service: 'one', template: {name: 'db'}}),
		ground.workload({service: 'db', template: {name: 'x'}}),
		ground.workload({service: 'one', template: {name: 'client'}}),
	];
	const [own] = await Promise.all([mine, theirs, client].map(async each => ground.run(each)));
	t.true((await ground.shell(client, 'nslookup db | tail -n +3')).output.includes(own!.address!));
});

test('containers know who they are, and another namespace is another network', async t => {
	await using here = openGround();
	await using there = openGround();
	const [inside, outside] = [here.workload({slot: 1, fence: 7}), there.workload({template: {name: 'client'}})];
	await Promise.all([here.run(inside), there.run(outside)]);
	const {output} = await here.shell(inside, 'env | grep MOTEY | sort');
	t.deepEqual(output.split('\n'), ['MOTEY_FENCE=7', 'MOTEY_IMAGE=web', `MOTEY_INSTANCE=${inside.instance}`, 'MOTEY_NODE=here', 'MOTEY_SERVICE=shop', 'MOTEY_SLOT=1']);
	t.not((await there.shell(outside, 'nslookup web.shop')).code, 0);
});

test('a network that somebody removed is made again at the next start', async t => {
	await using ground = openGround();
	const workload = ground.workload();
	const first = await ground.run(workload);
	await ground.engine.stop(workload, {signal: ground.signal, graceSeconds: 1});
	await ground.docker.getNetwork(`motey_${ground.namespace}`).remove();
	const again = await ground.engine.start(workload, {signal: ground.signal});
	t.is(again.state, 'running');
	t.not(again.address, undefined);
	t.not(again.engineId, first.engineId);
});

test('the network of an empty namespace goes, never one that is wanted, has any container, or was made by somebody else', async t => {
	await using ground = openGround();
	const {engine, docker, signal, namespace} = ground;
	const isThere = async (name: string): Promise<boolean> => docker.getNetwork(name).inspect().then(() => true, () => false);
	const tidy = async (...wanted: readonly string[]): Promise<boolean> => {
		await engine.tidy({wanted: new Set(wanted), signal});
		return isThere(`motey_${namespace}`);
	};
	const foreign = await docker.createNetwork({Name: `motey_${namespace}-x`, Labels: {'motey.io/namespace': `${namespace}-x`}});
	t.teardown(() => foreign.remove());
	const workload = ground.workload();
	await ground.run(workload);
	t.true(await tidy());
	await engine.stop(workload, {signal, graceSeconds: 1});
	t.true(await tidy());
	await engine.remove(workload, {signal});
	const stranger = await docker.createContainer({Image: testImages.busybox, HostConfig: {NetworkMode: `motey_${namespace}`}});
	t.true(await tidy());
	await stranger.remove({force: true});
	t.true(await tidy(namespace));
	t.false(await tidy());
	t.true(await isThere(`motey_${namespace}-x`));
	t.is((await ground.run(workload)).state, 'running');
});

test('a published port answers, and one that is taken is said to be', async t => {
	await using ground = openGround();
	const port = await freePort();
	const parameters = {ports: {'80/tcp': `127.0.0.1:${port}`}};
	const [first, second] = [ground.workload({template: {...web, parameters}}), ground.workload({slot: 1, template: {...web, parameters}})];
	t.deepEqual((await ground.run(first)).ports, [{container: 80, host: port, protocol: 'tcp', address: '127.0.0.1'}]);
	t.is(await eventually(async () => pageAt(port)), page);
	const error = await t.throwsAsync(ground.run(second), {instanceOf: EngineError});
	t.is(error.code, 'PortTaken');
	await ground.engine.remove(first, {signal: ground.signal});
	t.is((await ground.engine.start(second, {signal: ground.signal})).ports[0]?.host, port);
	t.deepEqual(ground.engine.hostPorts(first.template), [{host: port, protocol: 'tcp', address: '127.0.0.1'}]);
});

test('slots share out a range of ports, and the one too many is told that it is used up', async t => {
	await using ground = openGround();
	const port = await freePort();
	const slots = [0, 1, 2].map(slot => ground.workload({slot, template: {...web, parameters: {ports: {'80/tcp': `127.0.0.1:${port}-${port + 1}`}}}}));
	const [one, two] = [await ground.run(slots[0]!), await ground.run(slots[1]!)];
	t.deepEqual(new Set([one, two].map(each => each.ports[0]?.host)), new Set([port, port + 1]));
	t.is((await t.throwsAsync(ground.run(slots[2]!), {instanceOf: EngineError})).code, 'PortTaken');
	t.deepEqual(ground.engine.hostPorts(slots[0]!.template), []);
});

test('an empty host port is any free one, and is told', async t => {
	await using ground = openGround();
	const {ports} = await ground.run(ground.workload({template: {...web, parameters: {ports: {'80/tcp': null}}}}));
	t.is(ports.length, 1);
	t.is(await eventually(async () => pageAt(ports[0]!.host)), page);
});
