import {execFileSync} from 'node:child_process';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {CallError} from '../../../../controller/peers/mdp/call-error.js';
import {mountTmpfs} from '../../../support/small-disk.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {begin, openTransfers} from './open-transfers.js';

test('what the node itself may not write is told by the path that was asked for', async t => {
	await using disk = mountTmpfs({sizeMiB: 1});
	await using directory = await makeTempDirectory();
	await using transfers = await openTransfers(directory.path, {allow: [disk.path]});
	execFileSync('mount', ['-o', 'remount,ro', disk.path]);
	for (const work of [begin(transfers, {path: 'sub/x', size: 1, parents: true}), begin(transfers, {path: 'x', size: 1}), transfers.makeFolder('x')]) {
		t.like(await t.throwsAsync(work, {instanceOf: CallError, message: /^the node itself may not touch (?:sub\/)?x: EROFS$/u}), {code: 'Forbidden'});
	}
	t.deepEqual(await readdir(join(directory.path, 'data/transfers')), []);
});
