import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {PassThrough} from 'node:stream';
import test from 'ava';
import {endsOf, placeOf} from '../../../api/cli/copy/place.js';
import {BrokeOff, Perseverance} from '../../../api/cli/copy/perseverance.js';
import {Progress} from '../../../api/cli/copy/progress.js';
import {progressText} from '../../../api/cli/copy/progress-text.js';
import type {RemoteFiles} from '../../../api/cli/copy/remote-files.js';
import {planDownload} from '../../../api/cli/copy/trees.js';
import {Refused} from '../../../api/client/errors.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {nobody} from './support/run-cli.js';

test('NODE:PATH is a place there, and everything else one here', t => {
	t.deepEqual(placeOf('attic:a/b'), {kind: 'there', node: 'attic', path: 'a/b'});
	t.deepEqual(placeOf('attic:'), {kind: 'there', node: 'attic', path: '.'});
	for (const path of ['a', './a:b', '/a:b', 'a/b:c']) t.deepEqual(placeOf(path), {kind: 'here', path});
	t.like(endsOf('x', 'attic:y'), {direction: 'up', here: 'x'});
	t.like(endsOf('attic:y', 'x'), {direction: 'down', here: 'x'});
	t.throws(() => endsOf('a', 'b'), {message: /neither end/u});
	t.throws(() => endsOf('a:b', 'b:c'), {message: /both ends/u});
});

test('progress tells how far, how fast and how long', t => {
	t.is(progressText({bytes: 64 * 2 ** 20, size: 256 * 2 ** 20, bytesPerSecond: 2 * 2 ** 20}), '64.0 MiB of 256 MiB, 25 %, 2.0 MiB/s, 1m36s left');
	t.is(progressText({bytes: 0, size: 0, bytesPerSecond: 0}), '0 B of 0 B, 100 %');
	t.regex(progressText({bytes: 1, size: 2 ** 40, bytesPerSecond: 2 ** 20}), /291h16m left$/u);
});

test('on a terminal that is narrower than two long paths it is still seen how far it is', t => {
	const stdout = Object.assign(new PassThrough({encoding: 'utf8'}), {isTTY: true, columns: 60});
	const io = {stdin: new PassThrough(), stdout, stderr: new PassThrough(), environment: nobody, signal: new AbortController().signal};
	const progress = new Progress(io, `${'/a/long/path'.repeat(10)} → attic:${'/another'.repeat(10)}/report.csv`);
	progress.at(64 * 2 ** 20, 256 * 2 ** 20);
	progress.done();
	const lines = String(stdout.read()).replaceAll(/\u001B\[\d*[A-Z]/gu, '').split('\n');
	t.regex(lines[0]!, /^….*another\/report\.csv {2}64\.0 MiB of 256 MiB, 25 %$/u);
	t.regex(lines[1]!, /^….*\/report\.csv {2}256 MiB in \d\.\d s$/u);
	for (const line of lines) t.true(line.length <= 60);
});

test('what may pass is tried again for as long as it gets on, what may not is told at once, and so is whatever never began', async t => {
	const perseverance = () => new Perseverance({signal: new AbortController().signal, patienceMs: 300, onTrouble: message => troubles.push(message)});
	const troubles: string[] = [];
	const refused = (code: number): Refused => new Refused(`code ${code}`, {code, reason: '', causes: [], retryAfterSeconds: undefined});
	const begun = perseverance();
	let times = 0;
	t.is(await begun.run(async () => {
		begun.gotOn();
		times++;
		if (times === 1) throw refused(503);
		if (times === 2) throw new BrokeOff('cut');
		return Promise.resolve('done');
	}), 'done');
	t.deepEqual(troubles, ['code 503', 'cut']);
	for (const code of [400, 403, 409, 507]) {
		await t.throwsAsync(begun.run(async () => Promise.reject(refused(code))), {message: `code ${code}`});
	}
	await t.throwsAsync(begun.run(async () => Promise.reject(refused(503))), {message: /nothing came through for \d+ s: code 503/u});
	await t.throwsAsync(perseverance().run(async () => Promise.reject(refused(503))), {message: 'code 503'});
});

test('a node that names files what leads elsewhere is not believed', async t => {
	await using directory = await makeTempDirectory();
	for (const name of ['..', '.', '', '../../etc/cron.d/evil', '/etc/passwd', 'a/b', 'nul\0x']) {
		const files = {node: 'liar', stat: async () => Promise.resolve({kind: 'directory', entries: [{name, kind: 'file', size: 1}]})} as unknown as RemoteFiles;
		await t.throwsAsync(planDownload(files, 'x/', join(directory.path, 'in')), {message: /^liar names a file ".*", which is no name$/u});
	}
	t.deepEqual(await readdir(join(directory.path, 'in')), []);
});
