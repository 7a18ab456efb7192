import {execFile} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {textAt} from '../../api/client/value.js';
import {allSettled} from './all-settled.js';
import {instances, placesOf} from './fleet-kinds.js';
import {DemoError, importHelloImage} from './hello-image.js';
import {withMachines, type Inhabited} from './machines.js';
import type {DemoOptions} from './run-demo.js';
import {until} from './until.js';

const manifest = fileURLToPath(new URL('../../../manifests/p2p-image.yaml', import.meta.url));
const image = 'motey/shop:1';
/** Enough to take a moment on any wire. */
const ballastBytes = 32 * 2 ** 20;
const names = ['a', 'b', 'c', 'd'];
const events = {group: '', version: 'v1', plural: 'events', namespaced: true};
const inspectMs = 30_000;

/**
 * An image is on one of four nodes, there is no registry and no network beyond theirs, and a service on all of them runs: told is who had it from whom.
 * The engines' own word shows that it is the very same. Throws a `DemoError` when anything of it is not so.
 */
export async function runP2pImageDemo(options: DemoOptions): Promise<void> {
	const {write, signal} = options;
	await withMachines(options, names, async ({all}) => {
		const [first, holder] = all;
		if (first === undefined || holder === undefined) throw new DemoError('there are not four machines');
		write(`\nAn image of ${ballastBytes / 2 ** 20} MiB is made on b. None of the machines reaches a registry, or anything but the others:\n`);
		await importHelloImage({dockerUrl: holder.machine.dockerUrl, reference: image, ballastBytes});
		const id = await imageOn(holder);
		for (const one of all) write(`  ${one.node.host.name} ${await imageOn(one) === undefined ? 'has not' : 'has'} ${image}\n`);

		const from = performance.now();
		const seconds = (): string => `${((performance.now() - from) / 1000).toFixed(1)} s`;
		await first.node.motey(['apply', '-f', manifest]);
		write('\n');
		await allSettled(all.map(async one => {
			const {host} = one.node;
			const runs = until({client: one.api, kind: instances, what: `${host.name} to run it`, isSo: known => placesOf(known, 'shop').includes(host.name), signal});
			if (one !== holder) {
				const giver = await giverOf(one, signal);
				write(`  ${seconds().padStart(6)}  ${host.name} begins to have it from ${giver}\n`);
			}
			await runs;
			write(`  ${seconds().padStart(6)}  ${host.name} runs it${one === holder ? ', as it had it' : ''}\n`);
		}));
		await first.node.motey(['get', 'instances', '-o', 'wide']);

		const ids = await Promise.all(all.map(imageOn));
		if (ids.some(other => other !== id) || id === undefined) throw new DemoError(`the nodes have different images: ${ids.join(', ')}`);
		write(`\nAll four engines have the very same content, ${id.slice(0, 19)}, and each is a source for the next that needs it.\n`);
	});
}

/** The node that gives its image to this one, by the event that says so; with the last of several, when one did not give it whole. */
async function giverOf({api, node}: Inhabited, signal: AbortSignal): Promise<string> {
	let giver = '';
	await until({client: api, kind: events, what: `${node.host.name} to say from whom it has the image`, signal, isSo: all => {
		for (const event of all) giver = /is being fetched from the node (\S+)/u.exec(textAt(event, 'message'))?.[1] ?? giver;
		return giver !== '';
	}});
	return giver;
}

async function imageOn({machine: {dockerUrl}}: Inhabited): Promise<string | undefined> {
	return promisify(execFile)('docker', ['-H', dockerUrl, 'image', 'inspect', '--format', '{{.Id}}', image], {timeout: inspectMs}).then(({stdout}) => stdout.trim(), () => undefined);
}
