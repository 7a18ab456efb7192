import test from 'ava';
import {testImages} from '../support/images.js';
import {servicesPath} from '../support/services.js';
import {openGround} from './ground.js';
import {findViolations} from './invariants.js';
import {createService, whenCalm, whenReadyAt, whenRunning} from './workload.js';

test('eight nodes are one fleet: an image that one has comes to all, each runs its part, one is lost and comes back', async t => {
	const begun = performance.now();
	await using ground = await openGround({hosts: 8});
	t.log(`set up in ${Math.round(performance.now() - begun)} ms`);
	const [first, last] = [ground.hosts[0]!, ground.hosts[7]!];
	// One node alone has this image, and there is no registry.
	await ground.hosts[3]!.engine.loadImages([testImages.web]);
	const spreadAt = performance.now();
	await createService(first, 'shop', {replicas: 8, image: {image: testImages.web}, spec: {placement: {strategy: 'spread'}}});
	await whenRunning(ground, 'shop', {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1}, 90_000);
	t.log(`eight nodes run an image that one had after ${Math.round(performance.now() - spreadAt)} ms`);
	t.is(new Set((await Promise.all(ground.hosts.map(async host => host.containers('shop')))).flat().map(({ImageID}) => ImageID)).size, 1);
	await first.api('DELETE', `${servicesPath}/shop`);
	await whenRunning(ground, 'shop', 0);
	await createService(first, 'swarm', {replicas: 8, spec: {placement: {strategy: 'spread'}}});
	await whenRunning(ground, 'swarm', {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1, h: 1});
	for (const host of ground.hosts) await whenReadyAt(host, 'swarm', 8);
	await last.powerOff();
	await whenRunning(ground, 'swarm', 8);
	await last.powerOn();
	await whenCalm(ground, {swarm: 8});
	t.deepEqual(findViolations({events: ground.engineEvents(), services: {'default/swarm': {replicas: 8, maxCopies: 2}}}), []);
});
