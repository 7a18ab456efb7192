import {chmod, mkdir, readdir, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import type {Workload} from '../../../../reconcilers/ports/engine.js';
import type {MountedFile} from '../../../../store/resources/files.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory, type TempDirectory} from '../../../support/temp-directory.js';
import {openGround, type Ground} from './ground.js';

/** Prints a line for each SIGHUP. */
const listens = ['sh', '-c', 'trap "exit 0" TERM; trap "echo told" HUP; echo up; while true; do sleep 1000 & wait; done'];

async function open(): Promise<Ground & {readonly directory: TempDirectory}> {
	const directory = await makeTempDirectory();
	const ground = openGround({filesDirectory: join(directory.path, 'files')});
	return {...ground, directory, [Symbol.asyncDispose]: async () => {
		await ground[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	}};
}

const withFiles = (workload: Workload, files: readonly MountedFile[]): Workload => ({...workload, template: {...workload.template, files}});

test('files are where they belong, with their modes, for whoever runs there, and nobody can write to them', async t => {
	await using ground = await open();
	const workload = withFiles(ground.workload({template: {parameters: {user: 'nobody'}}}), [
		{path: '/etc/shop.conf', content: 'plain\n'},
		{path: '/opt/deep/er/run.sh', content: '#!/bin/sh\necho ran\n', mode: '0555'},
		{path: '/etc/live.conf', content: 'linked\n', onChange: 'none'},
		{path: '/srv/new/page', content: 'ä', onChange: 'signal', mode: '0400'},
	]);
	await ground.run(workload);
	t.like(await ground.shell(workload, 'cat /etc/shop.conf /etc/live.conf; /opt/deep/er/run.sh'), {code: 0, output: 'plain\nlinked\nran'});
	t.not((await ground.shell(workload, 'cat /srv/new/page')).code, 0, 'root alone may read that one');
	const asRoot = await ground.docker.getContainer(workload.name).exec({User: 'root', Cmd: ['sh', '-c', 'for file in /etc/shop.conf /etc/live.conf /srv/new/page; do echo x > $file && exit 1; done; rm -f /run/motey/files/* && exit 1; cat /srv/new/page']});
	await exits(t.is, asRoot);
	const mode = async (path: string) => (await ground.shell(workload, `stat -L -c '%a %u' ${path}`)).output;
	t.deepEqual(await Promise.all(['/etc/shop.conf', '/opt/deep/er/run.sh', '/etc/live.conf', '/srv/new/page'].map(mode)), ['444 0', '555 0', '444 0', '400 0']);
	t.is((await stat(join(ground.directory.path, 'files'))).mode & 0o777, 0o700, 'on the host they are the agent\'s alone');
});

async function exits(is: (actual: unknown, expected: unknown) => unknown, exec: Awaited<ReturnType<ReturnType<Ground['docker']['getContainer']>['exec']>>): Promise<void> {
	await exec.start({Detach: true});
	const code = await eventually(async () => {
		const {Running: running, ExitCode: exitCode} = await exec.inspect();
		return running ? undefined : {exitCode};
	});
	is(code.exitCode, 0);
}

test('a linked file changes under a running container as a whole, and with a signal when that is asked for', async t => {
	await using ground = await open();
	const {engine, signal} = ground;
	const base = ground.workload({template: {parameters: {command: listens}}});
	const of = (content: string): Workload => withFiles(base, [{path: '/etc/live.conf', content, onChange: 'signal'}, {path: '/etc/alone.conf', content: 'alone'}]);
	const long = (letter: string): string => `${letter.repeat(40_000)}\n`;
	const {engineId, startedAt} = await ground.run(of(long('a')));
	const told = async (): Promise<number> => {
		let count = 0;
		for await (const {text} of engine.logs(base, {signal, follow: false, timestamps: false, previous: false})) count += text === 'told' ? 1 : 0;
		return count;
	};
	await eventually(async () => (await ground.shell(base, 'true')).code === 0);
	const reader = ground.shell(base, 'count=0; while [ $count -lt 300 ]; do cat /etc/live.conf | tr -s ab; count=$((count + 1)); done | sort -u');
	for (const letter of ['b', 'a', 'b', 'a', 'b']) await engine.renewFiles!(of(long(letter)), {hangUp: false, signal});
	t.regex((await reader).output, /^(?:a|b|a\nb)$/u, 'never a mixture, never nothing');
	t.is(await told(), 0);
	await engine.renewFiles!(of('new\n'), {hangUp: true, signal});
	t.is((await ground.shell(base, 'cat /etc/live.conf')).output, 'new');
	await eventually(async () => await told() === 1);
	t.like(await engine.inspect(base, {signal}), {engineId, startedAt, state: 'running'});
});

test('a file that is mounted by itself is the new one after the next start of the same container', async t => {
	await using ground = await open();
	const {engine, signal} = ground;
	const of = (content: string): Workload => withFiles(ground.workload({template: {parameters: {read_only: true}}}), [{path: '/etc/shop.conf', content}]);
	const {engineId} = await ground.run(of('old'));
	await engine.renewFiles!(of('new'), {hangUp: false, signal});
	t.is((await ground.shell(of('new'), 'cat /etc/shop.conf')).output, 'old');
	await engine.stop(of('new'), {signal, graceSeconds: 5});
	t.is((await engine.start(of('newer'), {signal})).engineId, engineId);
	t.is((await ground.shell(of('newer'), 'cat /etc/shop.conf')).output, 'newer');
});

test('whatever became of the files on the host, a start puts them right; they go with the container, and what a cut-off removal left goes later', async t => {
	await using ground = await open();
	const {engine, signal, directory} = ground;
	const root = join(directory.path, 'files');
	const of = (content: string): Workload => withFiles(ground.workload(), [{path: '/etc/a', content}, {path: '/etc/b', content, onChange: 'none'}]);
	const {engineId} = await ground.run(of('good'));
	await engine.stop(of('good'), {signal, graceSeconds: 5});
	const [folder] = await readdir(root) as [string];
	for (const kind of ['alone', 'together']) {
		const [file] = await readdir(join(root, folder, kind)) as [string];
		await chmod(join(root, folder, kind, file), 0o600);
		await writeFile(join(root, folder, kind, file), 'torn by a power cut');
	}
	t.is((await engine.start(of('good'), {signal})).engineId, engineId);
	t.is((await ground.shell(of('good'), 'cat /etc/a /etc/b')).output, 'goodgood');
	await mkdir(join(root, 'left', 'alone'), {recursive: true});
	await engine.tidy({signal, wanted: new Set([ground.namespace])});
	t.deepEqual(await readdir(root), [folder]);
	t.is((await ground.shell(of('good'), 'cat /etc/a /etc/b')).output, 'goodgood');
	await engine.remove(of('good'), {signal});
	t.deepEqual(await readdir(root), []);
});

test('a container whose making was cut off before its links were there has them when it starts', async t => {
	await using ground = await open();
	const workload = withFiles(ground.workload(), [{path: '/etc/live.conf', content: 'here', onChange: 'none'}]);
	await ground.run(workload);
	const {Config: config, HostConfig: host} = await ground.docker.getContainer(workload.name).inspect();
	await ground.docker.getContainer(workload.name).remove({force: true});
	await ground.docker.createContainer({name: workload.name, Image: workload.template.image, Labels: config.Labels, Env: config.Env, HostConfig: host});
	t.is((await ground.engine.inspect(workload, {signal: ground.signal}))?.state, 'created');
	t.is((await ground.engine.start(workload, {signal: ground.signal})).state, 'running');
	t.is((await ground.shell(workload, 'cat /etc/live.conf')).output, 'here');
});

test('a directory of the image in the place of a linked file is an error and stays', async t => {
	await using ground = await open();
	const workload = withFiles(ground.workload(), [{path: '/etc', content: 'x', onChange: 'none'}]);
	await ground.engine.prepare(workload, {signal: ground.signal});
	const error = await t.throwsAsync(ground.engine.start(workload, {signal: ground.signal}));
	t.regex(error.message, /link the files of .*: .*etc/u);
});

test('files that cannot be written are an error that passes, and nothing is made', async t => {
	await using directory = await makeTempDirectory();
	await writeFile(join(directory.path, 'files'), 'in the way');
	await using ground = openGround({filesDirectory: join(directory.path, 'files')});
	const workload = withFiles(ground.workload(), [{path: '/etc/a', content: 'x'}]);
	await ground.engine.prepare(workload, {signal: ground.signal});
	t.like(await t.throwsAsync(ground.engine.start(workload, {signal: ground.signal})), {code: 'Failed', transient: true});
	t.is(await ground.engine.inspect(workload, {signal: ground.signal}), undefined);
});

test('what cannot be done is refused before anything runs, with what to do', t => {
	const ground = openGround({filesDirectory: '/nowhere'});
	const sentences = (file: Partial<MountedFile>, parameters: Record<string, unknown> = {}): readonly string[] => {
		const workload = withFiles(ground.workload({template: {parameters}}), [{path: '/etc/a', content: '', ...file}]);
		return ground.engine.review(workload.template, workload).map(({field, message, fix}) => `${field}: ${message} (${fix})`);
	};
	const linked = {onChange: 'none'} as const;
	t.deepEqual(sentences({}), []);
	t.deepEqual(sentences(linked), []);
	t.deepEqual(sentences({}, {read_only: true}), []);
	t.deepEqual(sentences(linked, {read_only: true}), ['files[0].onChange: is seen to change only after a restart: it lies in a root that is read-only, into which no link can be put (write onChange: restart)']);
	t.deepEqual(sentences({...linked, path: '/data/deep/a'}, {volumes: ['data:/data/']}), ['files[0].onChange: is seen to change only after a restart: it lies in what is mounted at /data, into which no link can be put (write onChange: restart)']);
	t.deepEqual(sentences({path: '/data/deep/a'}, {volumes: ['data:/data']}), []);
	t.is(sentences({...linked, path: '/tmp/a'}, {tmpfs: ['/tmp']}).length, 1);
	t.is(sentences({...linked, path: '/etc/hosts'}).length, 1);
	t.deepEqual(sentences({path: '/etc/hosts'}), []);
	t.deepEqual(sentences({path: '/data'}, {volumes: ['data:/data/inner']}), ['files[0].path: /data/inner is mounted there already (choose another path, or leave the mount out)']);
	for (const path of ['/proc/a', '/sys/a', '/dev/a', '/run/motey/files/a']) t.is(sentences({path}).length, 1, path);
	const {template} = withFiles(ground.workload(), [{path: '/a', content: ''}]);
	t.regex(openGround().engine.review(template, {namespace: 'a', service: 'b'})[0]!.message, /reached over the network/u);
});
