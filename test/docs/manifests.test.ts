import {readFileSync, readdirSync} from 'node:fs';
import {Readable} from 'node:stream';
import test from 'ava';
import {withFileContents} from '../../api/cli/file-contents.js';
import {readManifests} from '../../api/cli/read-manifests.js';
import {systemClock} from '../../controller/clock.js';
import {createDockerEngine} from '../../controller/engines/docker/engine.js';
import {baseline} from '../../controller/engines/docker/policy/policy.js';
import {systemdUnit} from '../../controller/systemd-unit.js';
import {templateOf} from '../../store/resources/image.js';
import {check} from '../../store/resources/problems.js';
import {ServiceInput} from '../../store/resources/service.js';

const ignore = (): void => undefined;
const log = {debug: ignore, info: ignore, warn: ignore, error: ignore};

/** What an example says must stand in the node's own file, its comment as well. */
const policies: Readonly<Record<string, typeof baseline>> = {
	'capability.yaml': {...baseline, allowDevices: ['/dev/ttyUSB0']},
};

for (const name of readdirSync('manifests').filter(file => file.endsWith('.yaml'))) {
	test(`manifests/${name} is read, checked and admitted as it stands`, async t => {
		const engine = createDockerEngine({url: 'unix:///nowhere', nodeId: 'f00f00f00f00', nodeName: 'here', clock: systemClock, log, policy: policies[name] ?? baseline, filesDirectory: '/nowhere'});
		const manifests = await withFileContents(await readManifests([`manifests/${name}`], {stdin: Readable.from([]), signal: AbortSignal.abort()}));
		t.true(manifests.length > 0);
		for (const manifest of manifests) {
			const service = check(ServiceInput, manifest.object);
			t.deepEqual(service.ok ? [] : service.problems, []);
			const images = service.ok ? service.value.spec.images : [];
			t.deepEqual(images.flatMap(image => engine.review(templateOf(image, 'docker'), {namespace: 'default', service: manifest.name})), []);
		}
	});
}

test('the example that needs a device is refused where the node does not allow it, with the line that would', async t => {
	const engine = createDockerEngine({url: 'unix:///nowhere', nodeId: 'f00f00f00f00', nodeName: 'here', clock: systemClock, log, policy: baseline});
	const [manifest] = await readManifests(['manifests/capability.yaml'], {stdin: Readable.from([]), signal: AbortSignal.abort()});
	const service = check(ServiceInput, manifest?.object);
	const [refusal] = service.ok ? engine.review(templateOf(service.value.spec.images[0]!, 'docker'), {namespace: 'default', service: 'zigbee'}) : [];
	t.is(refusal?.kind, 'forbidden');
	t.regex(refusal?.fix ?? '', /allowDevices/u);
});

test('the systemd unit in manifests/deploy is the one that motey install writes', t => {
	t.is(readFileSync('manifests/deploy/motey.service', 'utf8'), systemdUnit({node: '/usr/bin/node', program: '/usr/lib/motey/dist/controller/bin.js', args: []}));
});
