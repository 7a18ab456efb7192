/** Starts or removes the one engine for running single test files by hand; see scripts/test-engine.sh. */
import Dockerode from 'dockerode';
import {removeDockerd, startDockerd} from './dockerd.js';
import {loadTestImages} from './images.js';

const directory = '/tmp/motey-test-engine';
const socketPath = `${directory}/docker.sock`;

async function start(): Promise<void> {
	const docker = new Dockerode({socketPath});
	const answers = await docker.ping().then(() => true, () => false);
	if (answers) {
		await loadTestImages(docker);
		return;
	}
	await removeDockerd(directory);
	const engine = await startDockerd({directory});
	await engine.loadImages();
}

switch (process.argv[2]) {
	case 'start': await start(); break;
	case 'stop': await removeDockerd(directory); break;
	case 'env': break;
	default: throw new Error('Usage: test-engine start|stop|env');
}
if (process.argv[2] !== 'stop') process.stdout.write(`export MOTEY_TEST_DOCKER=unix://${socketPath}\n`);
process.exit(0);
