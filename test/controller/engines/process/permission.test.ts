import {access, mkdir, symlink, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {EngineError, type Workload} from '../../../../reconcilers/ports/engine.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openGround, type Ground} from './ground.js';

const {signal} = new AbortController();
const rulesOf = ({engine}: Ground, {template}: Workload): readonly string[] => engine.review(template, {namespace: 'default', service: 'shop'}).map(({kind, rule, field}) => `${kind} ${rule} ${field}`);
const codeOf = async (work: Promise<unknown>): Promise<string> => work.then(() => 'no error', (error: unknown) => error instanceof EngineError ? error.code : String(error));
const isThere = async (path: string): Promise<boolean> => access(path).then(() => true, () => false);

test('a health check runs only what the node permits, by whatever way it is named', async t => {
	await using ground = await openGround(['/bin/sleep', '/bin/true']);
	const checked = (check: unknown): Workload => ground.workload({template: {parameters: {command: ['1000'], healthcheck: {test: check}}}});
	for (const allowed of [['CMD', '/bin/true'], ['CMD', 'true'], ['NONE']]) t.deepEqual(rulesOf(ground, checked(allowed)), [], JSON.stringify(allowed));
	for (const other of [['CMD', '/bin/touch', '/tmp/x'], ['CMD', 'touch'], ['CMD', '/bin/../bin/touch'], ['CMD-SHELL', 'true'], 'true', ['CMD', '']]) {
		t.deepEqual(rulesOf(ground, checked(other)), ['forbidden Program parameters.healthcheck'], JSON.stringify(other));
		t.is(await codeOf(ground.engine.start(checked(other), {signal})), 'Refused');
	}
});

test('a command inside runs only what the node permits', async t => {
	await using ground = await openGround(['/bin/sleep']);
	const marker = join(ground.directory, 'made');
	await ground.run(ground.workload());
	const run = async (...command: readonly string[]): Promise<string> => codeOf(ground.engine.exec(ground.workload(), {signal, command, onOutput: () => undefined}));
	t.is(await run('sleep', '0'), 'no error');
	t.is(await run('/bin/sleep', '0'), 'no error');
	for (const command of [['touch', marker], ['/bin/touch', marker], ['sh', '-c', `touch ${marker}`], ['']]) t.is(await run(...command), 'Refused', command.join(' '));
	t.false(await isThere(marker));
	await t.throwsAsync(ground.engine.exec(ground.workload(), {signal, command: ['touch'], onOutput: () => undefined}), {message: /engines: \{process: \{allow: /u});
});

test('what runs is the very path that was judged, not where a link and .. lead from there', async t => {
	await using directory = await makeTempDirectory();
	const permitted = join(directory.path, 'program');
	await using ground = await openGround([permitted, '/bin/*']);
	await mkdir(join(directory.path, 'elsewhere', 'inner'), {recursive: true});
	await symlink(join(directory.path, 'elsewhere', 'inner'), join(directory.path, 'link'));
	await writeFile(permitted, '#!/bin/sh\necho permitted\n', {mode: 0o755});
	await writeFile(join(directory.path, 'elsewhere', 'program'), '#!/bin/sh\necho other\n', {mode: 0o755});
	const each = ground.workload({template: {image: `${directory.path}/link/../program`, parameters: {}}});
	t.deepEqual(rulesOf(ground, each), []);
	const {contentId} = await ground.run(each);
	t.is(contentId, (await ground.engine.prepare(ground.workload({template: {image: permitted}}), {signal})).contentId);
	const lines: string[] = [];
	await eventually(async () => (await ground.engine.inspect(each, {signal}))?.state === 'exited');
	for await (const {text} of ground.engine.logs(each, {signal, follow: false, timestamps: false, previous: false})) lines.push(text);
	t.deepEqual(lines, ['permitted']);
});
