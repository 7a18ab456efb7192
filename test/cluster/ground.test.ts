import test from 'ava';
import {openGround} from './ground.js';

test('three machines become a fleet in which each sees the others', async t => {
	const begun = performance.now();
	await using ground = await openGround({hosts: 3});
	t.log(`set up in ${Math.round(performance.now() - begun)} ms`);
	for (const host of ground.hosts) {
		const {items} = await host.api('GET', '/apis/motey.io/v1/nodes');
		t.deepEqual(items.map(({metadata: {name}}) => name).sort(), ['a', 'b', 'c']);
	}
});
