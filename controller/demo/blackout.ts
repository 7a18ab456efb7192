import {fileURLToPath} from 'node:url';
import {z} from 'zod';
import {numberAt} from '../../api/client/value.js';
import {startDeadline} from '../../store/deadline.js';
import {allSettled} from './all-settled.js';
import {glance} from './engine-glance.js';
import {instances as instanceKind, isFulfilled, isHeard, nodes as nodeKind, services as serviceKind} from './fleet-kinds.js';
import {DemoError} from './hello-image.js';
import {withMachines, type Inhabited} from './machines.js';
import {pause} from './pause.js';
import type {DemoOptions} from './run-demo.js';
import {findFakeTime, shiftedClock} from './shifted-clock.js';
import {until} from './until.js';

const manifest = fileURLToPath(new URL('../../../manifests/blackout.yaml', import.meta.url));
const patienceMs = 90_000;
const Flags = z.object({nodes: z.number().default(3)});
const seconds = (fromMs: number): string => `${((performance.now() - fromMs) / 1000).toFixed(1)} s`;

/**
 * Every machine of a fleet loses power at once and boots alone, without a network and, where libfaketime is to be had, with its clock at 1970.
 * All that ran runs again, in the same containers. Throws a `DemoError` when anything of it is not so.
 */
export async function runBlackoutDemo(options: DemoOptions, flags: Readonly<Record<string, unknown>>): Promise<void> {
	const {write, signal} = options;
	const {nodes: count} = Flags.parse(flags);
	const names = ['a', 'b', 'c', 'd', 'e'].slice(0, count);
	const library = await findFakeTime();
	await withMachines(options, names, async ({lan, all}) => {
		const [a] = all;
		if (a === undefined) throw new DemoError('there is no machine');
		await a.node.motey(['apply', '-f', manifest, '--wait']);
		await allReady(all, options);
		await a.node.motey(['get', 'instances', '-o', 'wide']);
		const before = await allSettled(all.map(async one => one.containers()));

		write('\nEvery machine loses its power, and every cable is out:\n');
		await allSettled(lan.hosts.map(async host => lan.pull(host)));
		const cutAt = performance.now();
		await allSettled(all.flatMap(({machine, node}) => [node.kill(), machine.powerOff()]));
		write(`  ${before.flat().length} containers, ${count} engines and ${count} nodes are gone within ${seconds(cutAt)}; what they had no time to do is left undone\n`);

		write('\nThe power is back, the network is not:\n');
		write(library === undefined
			? '  (the clocks stay right: libfaketime, which would turn them back, is not here: apt-get install libfaketime)\n'
			: '  (the nodes\' clocks begin at 1970; the engines keep this machine\'s)\n');
		const onAt = performance.now();
		await allSettled(all.map(async (one, index) => boot(one, {options, library, wanted: before[index]?.map(({id}) => id) ?? [], onAt})));
		await allReady(all, options);
		write(`  all services are back ${seconds(onAt)} after the power, each node by itself\n`);
		const back = await allSettled(all.map(async one => one.containers()));

		for (const {api, node} of all) await until({client: api, kind: nodeKind, what: `${node.host.name} to miss the others`, isSo: heard => names.every(name => isHeard(heard, name) === (name === node.host.name)), signal});
		write('  each has missed the others by now\n');

		write('\nThe cables are plugged in again:\n');
		const pluggedAt = performance.now();
		await allSettled(lan.hosts.map(async host => lan.plug(host)));
		for (const {api} of all) await until({client: api, kind: nodeKind, what: 'all nodes to hear each other', isSo: heard => names.every(name => isHeard(heard, name)), signal});
		await allReady(all, options);
		for (const {api} of all) await until({client: api, kind: instanceKind, what: 'all nodes to know what the others did', isSo: found => found.length === before.flat().length && found.every(one => numberAt(one, 'status', 'restarts') === 1), signal});
		write(`  they are one fleet again after ${seconds(pluggedAt)}\n`);
		await all.at(-1)?.node.motey(['get', 'services,instances', '-o', 'wide']);

		const after = await allSettled(all.map(async one => one.containers()));
		const touched = back.flat().filter(({id, startedAt}) => !after.flat().some(one => one.id === id && one.startedAt === startedAt));
		if (touched.length > 0 || after.flat().length !== before.flat().length) throw new DemoError(`restarted, lost or doubled when they met: ${touched.map(({instance}) => instance).join(', ') || `${after.flat().length} containers run`}`);
		write(`\nNothing was restarted when they met. All ${after.flat().length} are the very containers that ran before, started anew:\n`);
		for (const [index, {machine}] of all.entries()) for (const {instance, startedAt} of after[index] ?? []) write(`  ${machine.host.name}  ${instance.padEnd(14)} ${startedAt}\n`);
	});
}

/** Waits until every node says that all services are as ready as they are wanted. */
async function allReady(all: readonly Inhabited[], {signal}: DemoOptions): Promise<void> {
	for (const {api} of all) for (const service of ['shop', 'gauge']) await until({client: api, kind: serviceKind, what: `${service} to be ready`, isSo: found => isFulfilled(found, service), signal});
}

interface Boot {
	readonly options: DemoOptions;
	readonly library: string | undefined;
	/** Ids of the containers that its engine ran. */
	readonly wanted: readonly string[];
	readonly onAt: number;
}

/** Switches a machine on, and waits until the engine itself says that it runs what it ran. */
async function boot({machine, node}: Inhabited, {options: {write, signal}, library, wanted, onAt}: Boot): Promise<void> {
	await machine.powerOn();
	const engine = seconds(onAt);
	await node.start(library === undefined ? {} : {environment: shiftedClock({library, clock: new Date(0)})});
	const ready = seconds(onAt);
	const clock = await node.time();
	using deadline = startDeadline(signal, patienceMs);
	for (;;) {
		const ids = (await glance({dockerUrl: machine.dockerUrl, signal}))?.map(({id}) => id) ?? [];
		if (wanted.every(id => ids.includes(id)) && ids.length === wanted.length) break;
		if (deadline.expired()) throw new DemoError(`${machine.host.name} runs ${ids.length} containers ${patienceMs / 1000} s after its start, and ran ${wanted.length}`);
		await pause(100, signal);
	}
	write(`  ${machine.host.name}: engine after ${engine}, node after ${ready}, all ${wanted.length} containers after ${seconds(onAt)}; to its node it is ${clock.toISOString()}\n`);
}
