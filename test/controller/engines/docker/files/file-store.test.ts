import {access} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {FileStore} from '../../../../../controller/engines/docker/files/file-store.js';
import type {Workload} from '../../../../../reconcilers/ports/engine.js';
import {makeTempDirectory} from '../../../../support/temp-directory.js';

const workload = (uid: string): Pick<Workload, 'name' | 'uid' | 'template'> => ({name: uid, uid, template: {files: [{path: '/etc/x', content: 'x'}]} as unknown as Workload['template']});

test('files of a container that came to be while the others were listed are not taken for left over', async t => {
	await using directory = await makeTempDirectory();
	const store = new FileStore(join(directory.path, 'files'));
	const isThere = async (uid: string): Promise<boolean> => access(store.directoryOf({uid})).then(() => true, () => false);
	for (const uid of ['left', 'again', 'listed']) await store.write(workload(uid));
	let finish = (): void => undefined;
	const finished = new Promise<void>(resolve => (finish = resolve));
	let starting: Promise<void> = Promise.resolve();
	await new Promise<void>(resolve => {
		starting = store.using({uid: 'new'}, async () => {
			await store.write(workload('new'));
			resolve();
			await finished;
		});
	});
	await store.tidy(async () => {
		// Both starts end after the engine has made its list, and before it is looked at.
		await store.using({uid: 'again'}, async () => store.write(workload('again')));
		finish();
		await starting;
		return ['listed'];
	});
	t.deepEqual(await Promise.all(['left', 'again', 'listed', 'new'].map(isThere)), [false, true, true, true]);
});
