import {randomInt} from 'node:crypto';
import {fileURLToPath} from 'node:url';
import {z} from 'zod';
import {startDeadline} from '../../api/deadline.js';
import {allSettled} from './all-settled.js';
import {describeFault, faultsByChance, type DemoFault} from './chance-faults.js';
import {isFulfilled, isHeard, nodes as nodeKind, services as serviceKind} from './fleet-kinds.js';
import {DemoError} from './hello-image.js';
import {keepLookout, type Lookout} from './lookout.js';
import {withMachines, type Inhabited, type Machines} from './machines.js';
import {pause} from './pause.js';
import type {DemoOptions} from './run-demo.js';

const manifest = fileURLToPath(new URL('../../../manifests/chaos.yaml', import.meta.url));
const names = ['a', 'b', 'c'];
const service = 'shop';
const wanted = ['shop/web/0', 'shop/web/1', 'shop/web/2'].join();
/** Whatever is wrong is put right within this time, and stays so for a while. */
const [patienceMs, calmMs] = [90_000, 2000];
const Flags = z.object({minutes: z.number().default(2), seed: z.number().exactOptional()});

/**
 * Faults by chance on the machines of a fleet, while the engines are looked at all the time and, after each, all must be as wanted again.
 * Throws a `DemoError` with the seed when anything is not.
 */
export async function runChaosDemo(options: DemoOptions, flags: Readonly<Record<string, unknown>>): Promise<void> {
	const {minutes, seed = randomInt(1_000_000)} = Flags.parse(flags);
	await withMachines(options, names, async machines => {
		await machines.all[0]?.node.motey(['apply', '-f', manifest, '--wait']);
		await using lookout = keepLookout({machines: machines.all.map(({machine}) => machine), signal: options.signal});
		await disturb({...options, machines, lookout, seed, forMs: minutes * 60_000}).catch((error: unknown) => {
			options.signal.throwIfAborted();
			throw new DemoError(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, {cause: error});
		});
	});
}

interface Stage extends DemoOptions {
	readonly machines: Machines;
	readonly lookout: Lookout;
	readonly seed: number;
	readonly forMs: number;
}

async function disturb(stage: Stage): Promise<void> {
	const {machines, lookout, seed, forMs, write, signal} = stage;
	await whenCalm(stage);
	const from = performance.now();
	const elapsed = (): string => {
		const seconds = Math.floor((performance.now() - from) / 1000);
		return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
	};
	write(`\nFaults by chance for ${(forMs / 60_000).toFixed(1)} minutes. "--seed ${seed}" brings the same ones again:\n`);
	let count = 0;
	let longestMs = 0;
	let next = seed;
	do {
		const round = faultsByChance(next, names);
		next = round.seed;
		count += round.faults.length;
		for (const fault of round.faults) write(`  ${elapsed()}  ${describeFault(fault)}\n`);
		await allSettled(round.faults.map(async fault => commit(fault, {machines, lookout, signal})));
		const mendedAt = performance.now();
		const tookMs = Math.max(0, await whenCalm(stage) - mendedAt);
		longestMs = Math.max(longestMs, tookMs);
		lookout.excuseNone();
		write(`  ${elapsed()}  all is as wanted, ${(tookMs / 1000).toFixed(1)} s after it was mended\n`);
	} while (performance.now() - from < forMs);
	write(`\n${count} ${count === 1 ? 'fault' : 'faults'} in ${elapsed()}, seed ${seed}: all was as wanted again at most ${(longestMs / 1000).toFixed(1)} s after each was mended. In ${lookout.looks()} looks at all engines there were never more than two of a slot, and none ended that was the only one of its slot and that no fault had hit.\n`);
}

/** Does it to the machine, waits, and mends it. */
async function commit({what, machine: name, forMs}: DemoFault, {machines: {lan, all}, lookout, signal}: Pick<Stage, 'machines' | 'lookout' | 'signal'>): Promise<void> {
	const hit = all.find(({machine}) => machine.host.name === name);
	if (hit === undefined) throw new DemoError(`there is no machine ${name}`);
	const {machine, node} = hit;
	switch (what) {
		case 'kill-agent':
			await node.kill();
			await pause(forMs, signal);
			await node.start();
			return;
		case 'kill-engine':
			lookout.excuse(name);
			await machine.killEngine();
			return;
		case 'power-off':
			lookout.excuse(name);
			await Promise.all([node.kill(), machine.powerOff()]);
			await pause(forMs, signal);
			await machine.powerOn();
			await node.start();
			return;
		case 'pull-cable':
			await lan.pull(machine.host);
			await pause(forMs, signal);
			await lan.plug(machine.host);
			return;
		default:
			what satisfies never;
	}
}

/** Resolves with the time since when each slot has one container, each node hears all and says that the service is as wanted. */
async function whenCalm({machines: {all}, lookout, signal}: Pick<Stage, 'machines' | 'lookout' | 'signal'>): Promise<number> {
	using deadline = startDeadline(signal, patienceMs);
	let since: number | undefined;
	for (;;) {
		signal.throwIfAborted();
		const [fault] = lookout.faults();
		if (fault !== undefined) throw new DemoError(fault);
		const begun = performance.now();
		const running = [...lookout.last().values()].flatMap(found => found ?? []).map(({slot}) => slot).toSorted().join();
		const isCalm = running === wanted && (await Promise.all(all.map(async one => isContent(one, deadline.signal)))).every(Boolean);
		since = isCalm ? since ?? begun : undefined;
		if (since !== undefined && performance.now() - since >= calmMs) return since;
		if (deadline.expired()) throw new DemoError(`not as wanted ${patienceMs / 1000} s after all was mended: the engines run ${running || 'nothing'}`);
		await pause(200, signal);
	}
}

/** A node that cannot be asked, or is asked too late, is not. */
async function isContent({api}: Inhabited, signal: AbortSignal): Promise<boolean> {
	try {
		const [heard, found] = await Promise.all([api.list(nodeKind, {signal}), api.list(serviceKind, {namespace: 'default', signal})]);
		return names.every(name => isHeard(heard.items, name)) && isFulfilled(found.items, service);
	} catch {
		return false;
	}
}
