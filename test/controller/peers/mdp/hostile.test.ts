import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import test from 'ava';
import {eventually} from '../../../support/eventually.js';
import {openTestMdp} from './open-test-mdp.js';

/** What the node answers to the one decent request after all the others. */
const attack = async (address: string): Promise<string> =>
	(await promisify(execFile)('/usr/bin/python3', ['test/controller/peers/mdp/hostile.py', address], {timeout: 60_000})).stdout.trim();

test('whatever one program sends, the others are served', async t => {
	await using mdp = await openTestMdp();
	t.is(await attack(mdp.address), 'node.services.result');
	// They have died with their messages still here: once this aborted the whole process a second later.
	const held = performance.now() + 1500;
	while (performance.now() < held);
	t.is(await attack(mdp.address), 'node.services.result');
	t.true(mdp.load.refused >= 10);
	await eventually(() => mdp.load.requests === 0 && mdp.load.workers === 0);
});
