import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {eventually} from '../support/eventually.js';
import {testImages} from '../support/images.js';
import {startRegistry} from '../support/registry.js';
import {makeTempDirectory} from '../support/temp-directory.js';
import {setUpDocker} from './support/docker-node.js';
import {entry as anyEntry} from './support/objects.js';

const entry = (changes: Parameters<typeof anyEntry>[0] = {}): ReturnType<typeof anyEntry> => anyEntry({engine: 'docker', ...changes});

test('events tell the story of a service in words: placed, pulled, started, unhealthy, replaced, backed off, failed, ended', async t => {
	await using registry = await startRegistry();
	await using directory = await makeTempDirectory();
	const credentialsFile = join(directory.path, 'registries.json');
	await writeFile(credentialsFile, JSON.stringify({auths: {[registry.address]: {auth: Buffer.from(`${registry.username}:${registry.password}`).toString('base64')}}}));
	const {store, docker, namespace, apply, remove, service, instance, start} = await setUpDocker(t, {credentialsFile});
	start();
	const image = await registry.push(docker, testImages.busybox, `team/${namespace}:1`);
	t.teardown(async () => docker.getImage(image).remove({force: true}));
	const told = (name: string) => store.events.list({namespace}).items.filter(event => event.involvedObject.name === name);
	const reasons = (name: string): readonly string[] => told(name).map(event => event.reason);
	const tells = async (name: string, ...wanted: readonly string[]): Promise<void> => {
		await eventually(() => wanted.every(reason => reasons(name).includes(reason)), {what: `${name} to tell ${wanted.join(', ')}`});
	};
	const others = [
		entry({name: 'sick', image: testImages.health}),
		entry({name: 'crash', image: testImages.exit}),
		entry({name: 'once', image: testImages.exit, restartPolicy: 'Never'}),
	];
	await apply('shop', {images: [entry({image}), ...others]});
	await eventually(() => instance('shop-app-0')?.status?.ready);
	t.deepEqual(reasons('shop-app-0').slice(0, 5), ['Scheduled', 'Pulling', 'Pulled', 'Started', 'Ready']);
	t.is(told('shop-app-0')[0]!.message, 'shop-app-0 is placed on here with engine docker');
	await Promise.all([tells('shop-sick-0', 'Scheduled', 'Started', 'Unhealthy', 'Restarted'), tells('shop-crash-0', 'Crashed', 'Restarted', 'BackOff'), tells('shop-once-0', 'Failed')]);
	t.regex(told('shop-crash-0').find(event => event.reason === 'BackOff')!.message, /exit code 1/u);
	t.deepEqual([...new Set(store.events.list({namespace}).items.filter(event => ['Unhealthy', 'BackOff', 'Crashed', 'Failed'].includes(event.reason)).map(event => event.type))], ['Warning']);
	await apply('shop', {images: [entry({image, parameters: {environment: {VERSION: 2}}}), ...others]});
	await tells('shop-app-0', 'Updated', 'Killing');
	await remove('Service', 'shop');
	await eventually(() => service('shop') === undefined);
	await tells('shop-sick-0', 'Ending', 'Killing');
});
