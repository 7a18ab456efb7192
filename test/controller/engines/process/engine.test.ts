import {rename, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {engineContract} from '../../../contracts/engine.js';
import {stopGroup} from '../stop-group.js';
import {openGround} from './ground.js';

engineContract('process', async () => {
	const ground = await openGround();
	return {
		...ground,
		parameters: {
			prints: {image: '/bin/sh', parameters: {command: ['-c', 'echo hello; exec sleep 1000']}},
			fails: {image: '/bin/sh', parameters: {command: ['-c', 'exit 3']}},
			healthy: {parameters: {command: ['1000'], healthcheck: {test: ['CMD', 'true'], interval: '100ms'}}},
		},
		kill: async ({name}) => void process.kill(-(await ground.pidOf(name)), 'SIGKILL'),
		pause: async ({name}) => stopGroup(await ground.pidOf(name)),
		rename: async ({name}, other) => rename(join(ground.directory, name), join(ground.directory, other)),
		removeByHand: async ({name}) => {
			process.kill(-(await ground.pidOf(name)), 'SIGKILL');
			await rm(join(ground.directory, name), {recursive: true});
		},
	};
});
