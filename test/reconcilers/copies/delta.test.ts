import test from 'ava';
import {deltaSince} from '../../../reconcilers/copies/delta.js';
import {digestOf} from '../../../reconcilers/copies/digest.js';
import {ownerAnnotation} from '../../../store/resources/ownership.js';
import type {Service} from '../../../store/resources/service.js';
import {openLevelStore} from '../../../store/level/open.js';
import {service} from '../../store/samples.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const [nodeId, holder, third] = ['a'.repeat(26), 'b'.repeat(26), 'c'.repeat(26)];
const copyOfThird = (at: number): Service => ({...service(`copy-${at}`), metadata: {...service(`copy-${at}`).metadata, uid: `uid-${at}`, annotations: {[ownerAnnotation]: third}}});

test('copies are compared also while this node copies from others, who is told nothing stays where it was, and not for ever', async t => {
	await using directory = await makeTempDirectory();
	await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId});
	await store.transact(transaction => transaction.put(service('shop')));
	const since = store.revision();
	await store.transact(transaction => transaction.putCopy(copyOfThird(0)));
	const ask = async (text: string) => deltaSince(store, {nodeId, complete: true, since, digest: {holder, text}});

	t.deepEqual(await ask(digestOf(store, {owner: nodeId, holder})), {kind: 'changes', revision: since, complete: true, objects: [], deleted: []});
	const whole = await ask('another');
	t.deepEqual([whole.kind, whole.objects.map(({metadata}) => metadata.name)], ['whole', ['shop']]);
	for (let at = 1; at <= 1001; at += 250) await store.transact(transaction => Array.from({length: 250}, (_, more) => transaction.putCopy(copyOfThird(at + more))));
	t.is((await ask(digestOf(store, {owner: nodeId, holder}))).revision, store.revision());
});
