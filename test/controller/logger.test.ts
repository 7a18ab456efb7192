import {readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import test from 'ava';
import {createLogger} from '../../controller/logger.js';
import {eventually} from '../support/eventually.js';
import {mountTmpfs} from '../support/small-disk.js';

test('a full disk neither ends the process nor its log: it goes on when there is room', async t => {
	await using disk = mountTmpfs({sizeMiB: 1});
	const file = join(disk.path, 'motey.log');
	const log = createLogger({level: 'info', file, node: 'n'});
	log.info('before');
	await eventually(() => readFileSync(file, 'utf8').includes('before'), {what: 'the first line'});
	t.throws(() => writeFileSync(join(disk.path, 'ballast'), Buffer.alloc(2 * 1024 * 1024)), {code: 'ENOSPC'});
	for (let line = 0; line < 2000; line += 1) log.info('full', {line, padding: 'x'.repeat(1000)});
	rmSync(join(disk.path, 'ballast'));
	await eventually(() => {
		log.info('after');
		return readFileSync(file, 'utf8').includes('after');
	}, {what: 'a line after there is room again'});
	t.pass();
});

test('a log that cannot be written does not keep the process from ending', async t => {
	const logger = new URL('../../controller/logger.js', import.meta.url).href;
	const program = `import {createLogger} from ${JSON.stringify(logger)};
		const log = createLogger({level: 'info', file: '/dev/full', node: 'n'});
		log.info('one');
		setTimeout(() => log.info('two'), 50);`;
	const child = spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: 'inherit', timeout: 30_000, killSignal: 'SIGKILL'});
	const [code] = await once(child, 'exit') as [number | null];
	t.is(code, 0);
});
