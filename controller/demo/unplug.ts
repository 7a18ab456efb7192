import {fileURLToPath} from 'node:url';
import {instances, placesOf, services} from './fleet-kinds.js';
import type {DemoOptions} from './run-demo.js';
import {withTwoHosts, type Side} from './two-hosts.js';
import {until} from './until.js';

const manifest = fileURLToPath(new URL('../../../manifests/unplug.yaml', import.meta.url));
const reader = {capability: 'usb-reader', capability_type: 'hardware'};

/** A device is pulled out of one node and plugged into the other, and the service that needs it follows. Throws a `DemoError` when it does not. */
export async function runUnplugDemo(options: DemoOptions): Promise<void> {
	const {write, signal} = options;
	await withTwoHosts(options, async ({a, b}) => {
		const say = async ({api}: Side, method: 'PUT' | 'DELETE'): Promise<unknown> => api.call({method, path: '/v1/capabilities', body: [reader], signal});
		const runsAt = async (side: Side): Promise<void> => {
			for (const {api} of [side, a, b]) await until({client: api, kind: instances, what: `reader to run on ${side.host.name}`, isSo: all => placesOf(all, 'reader').join() === side.host.name, signal});
		};
		write('\nA USB reader is plugged into a; whatever watches the devices there tells the node, as by hand:\n');
		await a.motey(['capability', 'add', reader.capability, '--type', reader.capability_type]);
		await b.motey(['apply', '-f', manifest, '--wait']);
		await runsAt(a);
		await b.motey(['capability', 'list', '--show-source']);
		await b.motey(['get', 'instances', '-o', 'wide']);

		write('\nThe reader is pulled out of a:\n');
		const pulledAt = performance.now();
		await say(a, 'DELETE');
		await until({client: a.api, kind: instances, what: 'reader to end on a', isSo: all => placesOf(all, 'reader').length === 0, signal});
		write(`  reader has ended on a after ${Math.round(performance.now() - pulledAt)} ms\n`);
		await until({client: b.api, kind: services, what: 'reader to say what it waits for', isSo: all => all.some(one => JSON.stringify(one).includes(`lack capability ${reader.capability}`)), signal});
		await b.motey(['why', 'reader']);

		write('\nThe reader is plugged into b:\n');
		const pluggedAt = performance.now();
		await say(b, 'PUT');
		await until({client: b.api, kind: instances, what: 'reader to run on b', isSo: all => placesOf(all, 'reader').join() === 'b', signal});
		write(`  reader runs on b after ${Math.round(performance.now() - pluggedAt)} ms\n`);
		await runsAt(b);
		await a.motey(['get', 'instances', '-o', 'wide']);
	});
}
