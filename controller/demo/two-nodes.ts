import {fileURLToPath} from 'node:url';
import type {JsonObject} from '../../api/client/value.js';
import {isHeard, instances, isReady, nodes, placesOf, services} from './fleet-kinds.js';
import {DemoError} from './hello-image.js';
import type {DemoOptions} from './run-demo.js';
import {demoImage, withTwoHosts, type Side} from './two-hosts.js';
import {until} from './until.js';

const manifest = fileURLToPath(new URL('../../../manifests/two-nodes.yaml', import.meta.url));
const seconds = (fromMs: number): string => `${((performance.now() - fromMs) / 1000).toFixed(1)} s`;

/**
 * Two nodes are cut off from each other while each goes on and takes new work, and find each other again; the engine's own word shows that
 * nothing was restarted. Throws a `DemoError` when anything of it is not so.
 */
export async function runTwoNodesDemo(options: DemoOptions): Promise<void> {
	const {write, signal} = options;
	await withTwoHosts(options, async ({lan, a, b, containers}) => {
		await a.motey(['apply', '-f', manifest, '--wait']);
		for (const {api} of [a, b]) await until({client: api, kind: instances, what: 'one on each node', isSo: all => placesOf(all, 'pair').join() === 'a,b', signal});
		await b.motey(['get', 'services,instances', '-o', 'wide']);

		const pair = await containers();
		write('\nThe cable of b is pulled, and each side is given work:\n');
		const cutAt = performance.now();
		await lan.pull(b.host);
		await Promise.all([takesWork(a, 'left', options), takesWork(b, 'right', options)]);
		await until({client: a.api, kind: nodes, what: 'a to miss b', isSo: all => !isHeard(all, 'b'), signal});
		write(`  a has missed b: its node is not ready any more after ${seconds(cutAt)}\n`);
		await until({client: a.api, kind: instances, what: 'the instance of b to be replaced', isSo: all => placesOf(all, 'pair').join() === 'a,a', signal});
		write(`  a, whose service it is, runs both of pair after ${seconds(cutAt)}; b, which nobody told otherwise, runs its own on\n`);
		await a.motey(['get', 'services,instances', '-o', 'wide']);
		const whileCut = await containers();

		write('\nThe cable of b is plugged in again:\n');
		const healedAt = performance.now();
		await lan.plug(b.host);
		await Promise.all([[a, 'right'] as const, [b, 'left'] as const].map(async ([{api, host}, name]) => {
			await until({client: api, kind: services, what: `${host.name} to know ${name}`, isSo: all => isReady(all, name), signal});
			write(`  ${host.name} knows ${name} after ${seconds(healedAt)}\n`);
		}));
		for (const {api} of [a, b]) await until({client: api, kind: instances, what: 'the surplus to end', isSo: all => placesOf(all, 'pair').join() === 'a,b' && all.length === 4, signal});
		write(`  the one too many of pair is gone after ${seconds(healedAt)}\n`);
		const after = await containers();
		await b.motey(['get', 'services,instances', '-o', 'wide']);

		const wanted = [...pair, ...whileCut.filter(({instance}) => /^(?:left|right)-/u.test(instance))];
		const touched = wanted.filter(({id, startedAt}) => !after.some(one => one.id === id && one.startedAt === startedAt));
		if (wanted.length !== 4 || touched.length > 0) throw new DemoError(`restarted or lost by the cut: ${touched.map(({instance}) => instance).join(', ') || 'not even begun'}`);
		write('\nNothing was restarted; the engine has been running since\n');
		for (const {instance, startedAt} of after) write(`  ${instance.padEnd(12)} ${startedAt}\n`);
	});
}

/** Gives a service to a node and waits until it runs there. */
async function takesWork({api, host}: Side, name: string, {write, signal}: DemoOptions): Promise<void> {
	const from = performance.now();
	const service: JsonObject = {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name}, spec: {images: [{name: 'web', image: demoImage, stopGraceSeconds: 2}]}};
	await api.create(services, {namespace: 'default'}, service, {signal});
	const accepted = Math.round(performance.now() - from);
	await until({client: api, kind: services, what: `${name} to run`, isSo: all => isReady(all, name), signal});
	write(`  ${host.name} accepted ${name} in ${accepted} ms and runs it after ${seconds(from)}\n`);
}
