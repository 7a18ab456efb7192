import test from 'ava';
import {openGround} from './ground.js';
import {findViolations} from './invariants.js';
import {createService, whenReadyAt, whenRunning} from './workload.js';

test('what there may be one of ends on a node that is cut off before it runs elsewhere', async t => {
	t.timeout(280_000);
	await using ground = await openGround({hosts: 3});
	const [a, b] = ground.hosts;
	await createService(a!, 'till', {replicas: 3, spec: {placement: {strategy: 'spread'}, atMostOne: true}});
	await whenRunning(ground, 'till', {a: 1, b: 1, c: 1});
	await whenReadyAt(a!, 'till', 3);
	const cutAt = Date.now();
	await ground.isolate(b!);
	await whenRunning(ground, 'till', 2, 80_000);
	t.log(`ended ${Math.round((Date.now() - cutAt) / 1000)} s after the cut`);
	await whenRunning(ground, 'till', 3, 80_000);
	t.log(`runs again ${Math.round((Date.now() - cutAt) / 1000)} s after the cut`);
	t.is((await b!.containers('till')).length, 0);
	await ground.mend();
	await ground.whenWhole();
	await whenReadyAt(a!, 'till', 3);
	t.deepEqual(findViolations({events: ground.engineEvents(), services: {'default/till': {replicas: 3, maxCopies: 2, atMostOne: true}}}), []);
});
