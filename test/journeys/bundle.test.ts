/** Bundles between nodes that know nothing of each other, by the command line alone; which images are in them is shown on the ground. */
import {execFile} from 'node:child_process';
import {mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import anyTest, {type TestFn} from 'ava';
import {bin, startNodeProcess, type NodeProcess} from '../support/node-process.js';

interface Context {
	readonly root: string;
	readonly makers: NodeProcess;
	readonly takers: NodeProcess;
}
const test = anyTest as TestFn<Context>;

const settings = ['peers.port=0', 'peers.pubPort=0', 'discovery=none', 'engines.docker.enabled=false', 'engines.simulated.enabled=true'];
const service = JSON.stringify({apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'shop'}, spec: {images: [{image: 'shop/web:1', engine: 'simulated', files: [{path: '/etc/greeting', from: 'greeting.txt'}]}]}});

test.before(async t => {
	const root = await mkdtemp(join(tmpdir(), 'motey-bundle-'));
	const start = async (name: string): Promise<NodeProcess> => {
		await mkdir(join(root, name));
		return startNodeProcess({directory: join(root, name), settings: [`name=${name}`, ...settings]});
	};
	const [makers, takers] = await Promise.all([start('makers'), start('takers')]);
	await writeFile(join(root, 'shop.json'), service);
	await writeFile(join(root, 'greeting.txt'), 'hello from a stick\n');
	Object.assign(t.context, {root, makers, takers});
});

test.after.always(async t => {
	const {root, makers, takers} = t.context as Partial<Context>;
	await Promise.all([makers, takers].map(async node => node?.[Symbol.asyncDispose]()));
	if (root !== undefined) await rm(root, {recursive: true, force: true});
});

interface Said {
	readonly code: number;
	readonly text: string;
}

/** `motey bundle`, as a user of that node; both its outputs. */
async function bundle({root}: Context, node: NodeProcess | undefined, ...args: readonly string[]): Promise<Said> {
	const place = node === undefined ? [] : ['--server', `http://127.0.0.1:${node.port}`, '--token', node.token];
	return promisify(execFile)(process.execPath, [bin, 'bundle', ...args, ...place], {cwd: root, env: {...process.env, HOME: root, MOTEY_SERVER: 'http://127.0.0.1:9', MOTEY_CONFIG: join(root, 'none')}}).then(
		({stdout, stderr}) => ({code: 0, text: stdout + stderr}),
		(error: unknown) => {
			const {code, stdout, stderr} = error as {readonly code: number; readonly stdout: string; readonly stderr: string};
			return {code, text: stdout + stderr};
		},
	);
}

const servicesAt = async (node: NodeProcess): Promise<readonly string[]> => (await node.call('GET', '/apis/motey.io/v1/services')).items.map(({metadata: {name}}) => name);
const shopPath = '/apis/motey.io/v1/namespaces/default/services/shop';

test.serial('a bundle of strangers is refused until an admin trusts its key, and then taken as often as one likes', async t => {
	const {root, makers, takers} = t.context;
	t.regex((await bundle(t.context, makers, 'create', 'shop.tar', '-f', 'shop.json')).text, /^shop\.tar {2}1 service, 0 images/mu);
	const shown = await bundle(t.context, undefined, 'show', 'shop.tar');
	const [fingerprint] = /SHA256:\S+/u.exec(shown.text)!;
	t.regex(shown.text, /Services: {2}shop$/mu);
	t.like(await bundle(t.context, undefined, 'verify', 'shop.tar', '--key', fingerprint), {code: 0});

	const refused = await bundle(t.context, takers, 'apply', 'shop.tar');
	t.is(refused.code, 5);
	t.regex(refused.text, /error: shop\.tar is signed by SHA256:\S+, and this node does not trust that key: nothing was done\nIf whoever made it/u);
	t.true(refused.text.includes(fingerprint));
	t.deepEqual(await servicesAt(takers), []);

	const dry = await bundle(t.context, takers, 'apply', 'shop.tar', '--trust', '--dry-run');
	t.regex(dry.text, /would be trusted \(dry run\)\n.*shop created \(dry run\)/su);
	t.deepEqual(await servicesAt(takers), []);
	t.is((await bundle(t.context, takers, 'apply', 'shop.tar')).code, 5, 'a dry run trusts nobody');

	const taken = await bundle(t.context, takers, 'apply', 'shop.tar', '--trust', '--wait');
	t.regex(taken.text, /are taken from now on\n.*service\.motey\.io\/shop created/su);
	t.like(await takers.call('GET', shopPath), {spec: {images: [{files: [{path: '/etc/greeting', content: 'hello from a stick\n'}]}]}});
	t.regex((await bundle(t.context, takers, 'apply', 'shop.tar')).text, /service\.motey\.io\/shop unchanged/u);
	t.regex((await bundle(t.context, takers, 'keys')).text, new RegExp(`shop\\.tar +${fingerprint} +admin`, 'u'));

	t.like(await bundle(t.context, takers, 'distrust', fingerprint), {code: 0});
	t.is((await bundle(t.context, takers, 'apply', 'shop.tar')).code, 5);
	t.is((await bundle(t.context, takers, 'distrust', fingerprint)).code, 6);
	t.deepEqual((await readdir(root)).filter(name => name.includes('unfinished') || name.startsWith('.motey')), []);
});

test.serial('a bundle can be signed with a key of one\'s own, which every node that trusts it takes', async t => {
	const {root, makers, takers} = t.context;
	t.like(await bundle(t.context, undefined, 'key', 'create', 'maker.pem'), {code: 0});
	t.is((await stat(join(root, 'maker.pem'))).mode & 0o777, 0o600);
	t.regex((await bundle(t.context, undefined, 'key', 'create', 'maker.pem')).text, /is there already/u);
	t.like(await bundle(t.context, makers, 'create', 'own.tar.gz', '-f', 'shop.json', '--key', 'maker.pem'), {code: 0});
	t.like(await bundle(t.context, undefined, 'verify', 'own.tar.gz', '--key', 'maker.pem.pub'), {code: 0});
	t.is((await bundle(t.context, makers, 'apply', 'own.tar.gz')).code, 5, 'whoever made it does not trust that key either');
	t.like(await bundle(t.context, takers, 'trust', 'maker.pem.pub', '--name', 'head-office'), {code: 0});
	t.like(await bundle(t.context, takers, 'apply', 'own.tar.gz'), {code: 0});
	t.regex((await bundle(t.context, undefined, 'verify', 'shop.tar', '--key', 'maker.pem.pub')).text, /is signed by SHA256:\S+, not by SHA256:/u);
	t.regex((await bundle(t.context, makers, 'create', 'x.tar', '-f', 'shop.json', '--key', 'shop.json')).text, /shop\.json: it holds no private key in PEM/u);
});

test.serial('what is not whole, or was changed, is told in one line with what to do, and nothing of it is applied', async t => {
	const {root, takers} = t.context;
	const whole = await readFile(join(root, 'own.tar.gz'));
	await writeFile(join(root, 'cut.tar.gz'), whole.subarray(0, whole.length - 20));
	const plain = await readFile(join(root, 'shop.tar'));
	await writeFile(join(root, 'changed.tar'), Buffer.from(plain.toString('latin1').replace('hello from a stick', 'hello from a thief'), 'latin1'));
	await takers.call('DELETE', shopPath);
	const fails = async (file: string, message: RegExp): Promise<void> => {
		for (const [node, verb] of [[undefined, 'verify'], [takers, 'apply']] as const) {
			const {code, text} = await bundle(t.context, node, verb, file, ...(verb === 'apply' ? ['--trust'] : []));
			t.is(code, 1);
			t.regex(text, message);
		}
	};
	await fails('cut.tar.gz', /^error: cut\.tar\.gz: it ends in the middle of something\nCopy it anew/mu);
	await fails('changed.tar', /^error: changed\.tar: services\.json is not what was signed\nCopy it anew/mu);
	t.regex((await bundle(t.context, takers, 'apply', 'none.tar')).text, /there is no file none\.tar/u);
	t.deepEqual(await servicesAt(takers), []);
});

test.serial('a viewer is given no signature and may trust nobody', async t => {
	const {makers} = t.context;
	await makers.call('POST', '/cluster/bundles/check', {manifest: '{}', signature: {key: 'A'.repeat(43), signature: 'A'.repeat(86)}}, [400]);
	const {secret} = await makers.call('POST', '/apis/motey.io/v1/tokens', {name: 'eye', role: 'view'}) as unknown as {secret: string};
	const status = async (method: string, path: string, body?: string): Promise<number> => (await fetch(`http://127.0.0.1:${makers.port}${path}`, {method, headers: {authorization: `Bearer ${secret}`, 'content-type': 'application/json'}, ...(body === undefined ? {} : {body})})).status;
	t.is(await status('POST', '/cluster/bundles/sign', '{"manifest": "{}"}'), 403);
	t.is(await status('POST', '/cluster/bundles/keys', '{}'), 403);
	t.is(await status('GET', '/cluster/bundles/keys'), 403);
	t.is(await status('GET', `/cluster/images/makers/sha256:${'a'.repeat(64)}`), 403);
	await makers.call('GET', `/cluster/images/makers/sha256:${'a'.repeat(64)}`, undefined, [404]);
	await makers.call('GET', '/cluster/images/makers/latest', undefined, [400]);
	await makers.call('GET', `/cluster/images/nobody/sha256:${'a'.repeat(64)}`, undefined, [404]);
});
