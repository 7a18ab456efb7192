/** Small files of Services over two machines: spread, changed in place, with a full disk, and by an agent that is killed in the middle. */
import {appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync} from 'node:fs';
import {execFileSync} from 'node:child_process';
import {dirname, join} from 'node:path';
import {buffer} from 'node:stream/consumers';
import anyTest, {type ExecutionContext, type TestFn} from 'ava';
import {eventually} from '../support/eventually.js';
import {instancesPath, servicesPath} from '../support/services.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {createService, whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground; a: Host; b: Host}>;
const kinds = ['restart', 'signal', 'none'] as const;
type OnChange = typeof kinds[number];

/** Prints what is in its file when it starts and for each SIGHUP. */
const command = ['sh', '-c', 'trap "exit 0" TERM; trap "echo told: \\$(cat /etc/shop.conf)" HUP; echo "up: $(cat /etc/shop.conf)"; while true; do sleep 1000 & wait; done'];
const image = (onChange: OnChange, content: string): Record<string, unknown> => ({parameters: {command}, files: [{path: '/etc/shop.conf', content, onChange}]});

const filesDirectory = ({logPath}: Host): string => join(dirname(logPath), 'data', 'instance-files');

test.before(async t => {
	const ground = await openGround({hosts: 2});
	const [a, b] = ground.hosts as [Host, Host];
	Object.assign(t.context, {ground, a, b});
	// A disk of its own, to be filled up without the store's taking part.
	mkdirSync(filesDirectory(b), {recursive: true});
	execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=0700', 'tmpfs', filesDirectory(b)]);
	for (const kind of kinds) await createService(a, kind, {replicas: 2, image: image(kind, 'one'), spec: {placement: {strategy: 'spread'}}});
	for (const kind of kinds) await whenRunning(ground, kind, {a: 1, b: 1});
	for (const kind of kinds) await whenReadyAt(a, kind, 2);
});

test.after.always(async t => {
	const {ground, b} = t.context as Partial<{ground: Ground; b: Host}>;
	if (b) execFileSync('umount', ['--lazy', filesDirectory(b)]);
	await ground?.[Symbol.asyncDispose]();
});

interface Seen {
	readonly id: string;
	readonly startedAt: string;
	readonly content: string;
}

async function see(host: Host, service: string): Promise<Seen> {
	const [found] = await host.containers(service);
	const container = host.docker.getContainer(found!.Id);
	const {Id: id, State: state} = await container.inspect();
	const exec = await container.exec({Cmd: ['cat', '/etc/shop.conf'], AttachStdout: true, Tty: true});
	return {id, startedAt: state.StartedAt, content: (await buffer(await exec.start({Tty: true}))).toString().trim()};
}

const seeAll = async ({a, b}: {readonly a: Host; readonly b: Host}): Promise<Readonly<Record<string, Seen>>> => Object.fromEntries(await Promise.all([a, b].flatMap(host => kinds.map(async kind => [`${host.name} ${kind}`, await see(host, kind)] as const))));

/** The containers are the ones they were, and only where that is asked for were they started anew. */
function onlyRestarted(t: ExecutionContext, {before, after}: Readonly<Record<'before' | 'after', Readonly<Record<string, Seen>>>>): void {
	for (const [where, {id, startedAt}] of Object.entries(after)) {
		t.is(id, before[where]!.id, where);
		t.is(startedAt === before[where]!.startedAt, !where.endsWith('restart'), where);
	}
}

async function change(host: Host, content: string): Promise<void> {
	for (const kind of kinds) {
		const {spec} = await host.api('GET', `${servicesPath}/${kind}`) as unknown as {readonly spec: {readonly images: readonly Record<string, unknown>[]}};
		await host.api('PATCH', `${servicesPath}/${kind}`, {spec: {images: spec.images.map(one => ({...one, ...image(kind, content)}))}});
	}
}

test.serial('content reaches the nodes that run the service, and changed content the very containers: only restart starts them anew', async t => {
	const {a} = t.context;
	const before = await seeAll(t.context);
	t.true(Object.values(before).every(({content}) => content === 'one'));
	await change(a, 'two');
	for (const kind of kinds) await whenReadyAt(a, kind, 2);
	await eventually(async () => Object.values(await seeAll(t.context)).every(({content}) => content === 'two'), {what: 'the new content everywhere'});
	onlyRestarted(t, {before, after: await seeAll(t.context)});
});

test.serial('a node whose disk is full says so, goes on with the old content, restarts nothing, and has the new one once there is room', async t => {
	const {a, b} = t.context;
	const before = await seeAll(t.context);
	const filler = join(filesDirectory(b), 'filler');
	writeFileSync(filler, '');
	for (let left = (({bavail, bsize}) => bavail * bsize)(statfsSync(filesDirectory(b))); left >= 4096; left -= 4096) appendFileSync(filler, Buffer.alloc(4096, 1));
	await change(a, 'three');
	await eventually(async () => {
		const {items} = await b.api('GET', instancesPath) as unknown as {readonly items: readonly {readonly spec: {readonly nodeName: string}; readonly status?: {readonly reason: string; readonly message: string; readonly phase: string; readonly ready: boolean}}[]};
		const own = items.filter(({spec}) => spec.nodeName === 'b').map(({status}) => status);
		return own.length === 3 && own.every(status => status?.reason === 'EngineFailed' && /^The files of \S+ cannot be written: ENOSPC: no space left on device$/u.test(status.message) && status.phase === 'Running' && status.ready);
	}, {withinMs: 30_000, what: 'b to say that its disk is full'});
	const meanwhile = await seeAll(t.context);
	for (const kind of kinds) t.deepEqual(meanwhile[`b ${kind}`], before[`b ${kind}`]);
	rmSync(filler);
	await eventually(async () => Object.values(await seeAll(t.context)).every(({content}) => content === 'three'), {withinMs: 60_000, what: 'the new content everywhere'});
	for (const kind of kinds) await whenReadyAt(a, kind, 2);
	onlyRestarted(t, {before, after: await seeAll(t.context)});
});

test.serial('an agent that is killed when the content is written and nobody told of it yet tells when it is back', async t => {
	const {a, b} = t.context;
	const before = await seeAll(t.context);
	// An engine that answers nothing keeps the agent between the two.
	b.engine.pause();
	await change(a, 'four');
	const written = (): number => readdirSync(filesDirectory(b), {recursive: true, withFileTypes: true}).filter(entry => entry.isFile() && readFileSync(join(entry.parentPath, entry.name), 'utf8') === 'four').length;
	await eventually(() => written() === 3, {withinMs: 30_000, what: 'b to write the files'});
	await b.kill();
	b.engine.resume();
	await b.start();
	await eventually(async () => Object.values(await seeAll(t.context)).every(({content}) => content === 'four'), {withinMs: 60_000, what: 'the new content everywhere'});
	for (const kind of kinds) await whenReadyAt(a, kind, 2);
	const after = await seeAll(t.context);
	for (const kind of ['signal', 'none'] as const) t.like(after[`b ${kind}`], {id: before[`b ${kind}`]!.id, startedAt: before[`b ${kind}`]!.startedAt});
	t.is(after['b restart']!.id, before['b restart']!.id);
	t.not(after['b restart']!.startedAt, before['b restart']!.startedAt);
	const log = async (kind: OnChange): Promise<string> => (await b.docker.getContainer(after[`b ${kind}`]!.id).logs({stdout: true})).toString();
	await eventually(async () => (await log('signal')).includes('told: four'), {what: 'the signal to arrive'});
	t.notRegex(await log('none'), /told/u);
});
