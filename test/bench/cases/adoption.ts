import {openLevelStore} from '../../../store/level/open.js';
import type {Service} from '../../../store/resources/service.js';
import {openGround} from '../../cluster/ground.js';
import type {Host} from '../../cluster/host.js';
import {eventually} from '../../support/eventually.js';
import {servicesPath} from '../../support/services.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {interleave, type Figure} from '../figures.js';

const count = 100;
const graceMs = 10_000;
const settings = ['limits.mutationsPerSecond=1000000', 'limits.mutationsBurst=1000000'];
const specOf = {replicas: 0, failover: {afterSeconds: graceMs / 1000}, images: [{name: 'main', image: 'main'}]};

/** The owner of a hundred Services is killed: how long after its grace has another of three taken all of them over, beside one synced write of as many. */
export async function adoptionFigures({rounds, progress}: {readonly rounds: number; readonly progress: (text: string) => void}): Promise<readonly Figure[]> {
	progress('three machines');
	await using ground = await openGround({hosts: 3, settings});
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	let round = 0;
	const series = await interleave([
		{name: 'motey', run: async () => adopted([a, b, c], round++)},
		{name: 'one synced write', run: written},
	], rounds, progress);
	return [{name: `owner lost → ${count} Services taken over, without the grace`, unit: 'ms', series, goal: 5000, note: 'a heartbeat is missed for up to 1 s, and all must miss it'}];
}

async function adopted([a, b, c]: readonly [Host, Host, Host], round: number): Promise<number> {
	const names = Array.from({length: count}, (_, index) => `lost-${round}-${index}`);
	const ownersAt = async (host: Host): Promise<readonly (string | undefined)[]> => (await host.api('GET', servicesPath)).items.filter(({metadata: {name}}) => names.includes(name)).map(({metadata: {annotations}}) => annotations?.['motey.io/owner']);
	for (const name of names) await c.api('POST', servicesPath, {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name}, spec: specOf});
	for (const host of [a, b]) await eventually(async () => (await ownersAt(host)).length === count, {what: 'all to be copied'});
	const [owner] = await ownersAt(c);
	const lostAt = performance.now();
	await c.kill();
	await eventually(async () => (await ownersAt(a)).every(id => id !== owner), {withinMs: 120_000, everyMs: 50, what: 'all to be taken over'});
	const tookMs = performance.now() - lostAt - graceMs;
	await c.start();
	await eventually(async () => (await ownersAt(c)).every(id => id !== owner), {withinMs: 120_000, what: 'the former owner to yield'});
	for (const name of names) await a.api('DELETE', `${servicesPath}/${name}`);
	for (const host of [a, b, c]) await eventually(async () => (await ownersAt(host)).length === 0, {what: 'all to be deleted'});
	return tookMs;
}

async function written(): Promise<number> {
	await using directory = await makeTempDirectory();
	await using store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 4096, nodeId: 'a'.repeat(26)});
	const startedAt = performance.now();
	await store.transact(transaction => {
		for (let index = 0; index < count; index++) transaction.put<Service>({apiVersion: 'motey.io/v1', kind: 'Service', spec: specOf, metadata: {name: `s-${index}`, namespace: 'default', uid: '', resourceVersion: '', generation: 1, creationTimestamp: ''}});
	});
	return performance.now() - startedAt;
}
