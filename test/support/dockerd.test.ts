import {existsSync} from 'node:fs';
import test from 'ava';
import {startDockerd} from './dockerd.js';
import {eventually} from './eventually.js';
import {testImages} from './images.js';
import {listProcesses} from './processes.js';
import {mountsBelow} from './mounts.js';

test('a private engine runs containers, survives being killed and frozen, and leaves nothing behind', async t => {
	const engine = await startDockerd({arguments: ['--live-restore']});
	const {docker, directory} = engine;
	try {
		await engine.loadImages();
		const container = await docker.createContainer({
			Image: testImages.web,
			name: 'web',
			HostConfig: {PortBindings: {'80/tcp': [{HostIp: '127.0.0.1', HostPort: '0'}]}},
		});
		await container.start();
		const {State, NetworkSettings} = await container.inspect();
		const port = NetworkSettings.Ports['80/tcp']![0]!.HostPort;
		const page = await eventually(async () => (await fetch(`http://127.0.0.1:${port}/`)).text(), {what: 'the page'});
		t.is(page, `${testImages.web}\n`);

		await engine.kill();
		t.is(engine.pid(), undefined);
		await t.throwsAsync(docker.ping());
		t.true(listProcesses().some(({pid}) => pid === State.Pid), 'the container outlives its engine');

		await engine.start();
		t.is((await container.inspect()).State.Pid, State.Pid);

		engine.pause();
		await t.throwsAsync(docker.listContainers({abortSignal: AbortSignal.timeout(300)}));
		engine.resume();
		t.truthy(await docker.ping());
	} finally {
		await engine[Symbol.asyncDispose]();
	}
	t.false(existsSync(directory));
	t.deepEqual(mountsBelow(directory), []);
	t.deepEqual(listProcesses().filter(({commandLine}) => commandLine.includes(`${directory}/`)), []);
});
