import {rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {engineContract} from '../../../contracts/engine.js';
import {stopGroup} from '../stop-group.js';
import {openGround} from './ground.js';

// Over the wire: a broker, and the example in Python that is shipped.
engineContract('external', async () => {
	const ground = await openGround();
	await ground.attach();
	const recordOf = (name: string): string => join(ground.directory, `${name}.json`);
	return {
		...ground,
		parameters: {
			prints: {image: '/bin/sh', parameters: {command: ['-c', 'echo hello; exec sleep 1000']}},
			fails: {image: '/bin/sh', parameters: {command: ['-c', 'exit 3']}},
			healthy: {parameters: {command: ['1000'], healthcheck: {test: ['CMD', 'true']}}},
		},
		kill: async ({name}) => void process.kill(-(await ground.pidOf(name)), 'SIGKILL'),
		pause: async ({name}) => stopGroup(await ground.pidOf(name)),
		rename: async ({name}, other) => rename(recordOf(name), recordOf(other)),
		removeByHand: async ({name}) => {
			process.kill(-(await ground.pidOf(name)), 'SIGKILL');
			await rm(recordOf(name));
		},
	};
});
