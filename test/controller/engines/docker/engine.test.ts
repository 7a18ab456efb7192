import {join} from 'node:path';
import {engineContract} from '../../../contracts/engine.js';
import {testImages} from '../../../support/images.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openGround} from './ground.js';

engineContract('docker', async () => {
	const directory = await makeTempDirectory();
	const ground = openGround({filesDirectory: join(directory.path, 'files')});
	const {docker} = ground;
	return {
		...ground,
		parameters: {
			prints: {parameters: {command: ['sh', '-c', 'trap "exit 0" TERM; echo hello; sleep 1000 & wait']}},
			fails: {image: testImages.exit, parameters: {environment: {EXIT_CODE: 3}}},
			healthy: {image: testImages.health, parameters: {environment: {HEALTHY: 'yes'}}},
		},
		kill: async ({name}) => docker.getContainer(name).kill(),
		pause: async ({name}) => docker.getContainer(name).pause(),
		rename: async ({name}, other) => docker.getContainer(name).rename({name: other}),
		removeByHand: async ({name}) => docker.getContainer(name).remove({force: true}),
		[Symbol.asyncDispose]: async () => {
			await ground[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
});
