/** An owner of twenty services is lost: the others take them over by themselves, and it yields when it returns. Nothing that is wanted is restarted. */
import anyTest, {type TestFn} from 'ava';
import {eventually} from '../support/eventually.js';
import {servicesPath} from '../support/services.js';
import type {Answer} from './answer.js';
import {openGround, type Ground} from './ground.js';
import type {Host} from './host.js';
import {createService, failoverSeconds, whenCalm, whenReadyAt, whenRunning} from './workload.js';

const test = anyTest as TestFn<{ground: Ground; a: Host; b: Host; c: Host}>;
const count = 20;
const names = Array.from({length: count}, (_, index) => `shop-${index}`);
const owner = 'motey.io/owner';

test.before(async t => {
	const ground = await openGround({hosts: 3});
	const [a, b, c] = ground.hosts as [Host, Host, Host];
	Object.assign(t.context, {ground, a, b, c});
	// Half of them run on the nodes that stay, half where the owner is.
	for (const [index, name] of names.entries()) await createService(a, name, {image: {node: ['a', 'b', 'c', 'b'][index % 4]}});
	await createService(a, 'never', {image: {node: 'b'}, spec: {failover: {afterSeconds: failoverSeconds, adopt: 'never'}}});
	await whenCalm(ground, {...Object.fromEntries(names.map(name => [name, 1])), never: 1});
	for (const host of [b, c]) await eventually(async () => /leader/iu.test(await host.motey('group', 'describe', 'cluster')), {what: 'a leader'});
});

test.after.always(async t => {
	await (t.context.ground as Ground | undefined)?.[Symbol.asyncDispose]();
});

/** Every container of a host with when it was started. */
async function running(host: Host): Promise<readonly string[]> {
	const all = await host.containers();
	const inspected = await Promise.all(all.map(async ({Id}) => host.docker.getContainer(Id).inspect()));
	return inspected.map(({Id, State: {StartedAt}}) => `${Id} ${StartedAt}`).sort();
}

const ownerOf = ({metadata: {annotations}}: Answer): string | undefined => annotations?.[owner];
const ownersAt = async (host: Host): Promise<readonly (string | undefined)[]> => (await host.api('GET', servicesPath)).items.filter(({metadata: {name}}) => names.includes(name)).map(ownerOf);
/** What a command prints that ends with 1 when it has something to print. */
const printed = async (host: Host, ...words: readonly string[]): Promise<string> => host.motey(...words).catch((error: unknown) => (error as {stdout: string}).stdout);
const idOf = async (host: Host): Promise<string> => ((await host.api('GET', `/apis/motey.io/v1/nodes/${host.name}`)).status as unknown as {id: string}).id;

test.serial('an owner that is killed for good is followed by an adopter: nothing on the others is restarted, and all can be changed', async t => {
	const {a, b, c} = t.context;
	const lost = await idOf(a);
	const before = await Promise.all([b, c].map(running));
	const lostAt = Date.now();
	await a.powerOff();
	await eventually(async () => (await Promise.all([b, c].map(ownersAt))).flat().every(id => id !== lost), {withinMs: 90_000, what: 'all to be taken over'});
	t.log(`all ${count} were taken over ${Date.now() - lostAt} ms after the owner's end, ${failoverSeconds * 1000} ms of which are to be waited`);
	t.is(new Set((await Promise.all([b, c].map(ownersAt))).flat()).size, 1, 'by one node, as both see it');
	for (const name of names) await c.api('PATCH', `${servicesPath}/${name}`, {metadata: {labels: {taken: 'over'}}});
	const after = await Promise.all([b, c].map(running));
	for (const [at, ids] of before.entries()) for (const id of ids) t.true(after[at]!.includes(id), 'what ran is what runs');
	t.regex(await b.motey('describe', 'service', names[1]!), /Adopted[^\n]*has taken shop-1 over from a, which had been silent for/u);

	t.is(ownerOf(await b.api('GET', `${servicesPath}/never`)), lost);
	t.regex(await b.motey('why', 'never'), /nobody takes it over from a by itself, because failover\.adopt is never; motey node forget a does/u);
	t.is((await b.ask('PATCH', `${servicesPath}/never`, {metadata: {labels: {taken: 'over'}}})).status, 503);
});

test.serial('the owner that returns yields, and nothing is restarted', async t => {
	const {ground, a, b, c} = t.context;
	const before = await Promise.all([b, c].map(running));
	await a.powerOn();
	await ground.whenWhole();
	await eventually(async () => (await ownersAt(a)).every((id, _, all) => id === all[0]) && (await ownersAt(a))[0] === (await ownersAt(b))[0], {what: 'the former owner to yield'});
	await whenCalm(ground, {...Object.fromEntries(names.map(name => [name, 1])), never: 1});
	const after = await Promise.all([b, c].map(running));
	for (const [at, ids] of before.entries()) for (const id of ids) t.true(after[at]!.includes(id), 'what ran is what runs');
	t.is(await b.motey('diff', '--conflicts'), '', 'nothing had been changed there');
});

test.serial('what an owner that is cut off lets be changed is kept when it yields, shown from every node, applied again and discarded', async t => {
	const {ground, a, b, c} = t.context;
	await createService(c, 'mine', {image: {node: 'a'}});
	await createService(c, 'gone', {replicas: 0});
	await whenCalm(ground, {mine: 1});
	await eventually(async () => (await a.ask('GET', `${servicesPath}/gone`)).status === 200, {what: 'both to be copied'});
	const before = await running(a);
	await ground.isolate(c);
	await c.api('PATCH', `${servicesPath}/mine`, {metadata: {labels: {said: 'apart'}}});
	await c.motey('delete', 'service', 'gone');
	const own = await idOf(c);
	await eventually(async () => ownerOf(await a.api('GET', `${servicesPath}/mine`)) !== own, {withinMs: 90_000, what: 'it to be taken over'});
	await ground.mend();
	await ground.whenWhole();
	for (const host of ground.hosts) {
		await eventually(async () => {
			const shown = await printed(host, 'diff', '--conflicts');
			return /kept on c[^#]*\+ {4}said: apart/u.test(shown) && /gone[^#]*as it was deleted there/u.test(shown);
		}, {what: `${host.name} to show what c had changed`});
	}
	await whenReadyAt(a, 'mine');
	const after = await running(a);
	for (const id of before) t.true(after.includes(id), 'what ran is what runs');
	t.regex(await c.motey('describe', 'service', 'mine'), /Yielded/u);
	const yaml = await printed(b, 'diff', '--conflicts', 'mine', '-o', 'yaml');
	t.regex(yaml, /said: apart/u);
	await b.motey('diff', '--conflicts', 'mine', 'gone', '--discard');
	t.is(await b.motey('diff', '--conflicts'), '');
});

test.serial('two nodes: where always is said both sides of a cut go on as owners, and agree again after the heal; nothing that ran before is restarted', async t => {
	await using ground = await openGround({hosts: 2});
	const [a, b] = ground.hosts as [Host, Host];
	await createService(a, 'both', {replicas: 2, spec: {placement: {strategy: 'spread'}, failover: {afterSeconds: failoverSeconds, adopt: 'always'}}});
	await createService(a, 'waits', {image: {node: 'b'}});
	await whenCalm(ground, {both: 2, waits: 1});
	const before = (await Promise.all([a, b].map(running))).flat();
	const first = await idOf(a);
	await ground.cut(a, b);
	await eventually(async () => ownerOf(await b.api('GET', `${servicesPath}/both`)) !== first, {withinMs: 90_000, what: 'the other side to take it over'});
	await b.api('PATCH', `${servicesPath}/both`, {metadata: {labels: {said: 'at-b'}}});
	t.regex(await b.motey('why', 'waits'), /not taken over from a yet: no leader of a majority is known, and this node hears 1 of 2 members/u);
	await whenRunning(ground, 'both', 4);
	await ground.mend();
	await whenCalm(ground, {both: 2, waits: 1});
	t.not(ownerOf(await a.api('GET', `${servicesPath}/both`)), first);
	const after = (await Promise.all([a, b].map(running))).flat();
	for (const id of before) t.true(after.includes(id), 'what ran before is what runs');

	// The last of two is told that the other is lost: it leads the group that follows.
	await b.powerOff();
	await eventually(async () => (await a.motey('node', 'forget', 'b')) !== '', {what: 'b to be forgotten'});
	await eventually(async () => /^a\s/mu.test(await a.motey('group', 'describe', 'cluster')) && (await a.motey('group', 'poll', 'cluster', 'ready')).includes('accepted'), {what: 'a to lead alone'});
});
