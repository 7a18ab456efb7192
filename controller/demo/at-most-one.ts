import {fileURLToPath} from 'node:url';
import {textAt} from '../../api/client/value.js';
import {runningContainers} from './engine-containers.js';
import {engineHistory, type ContainerEvent} from './engine-history.js';
import {instances, isHeard, nodes, placesOf} from './fleet-kinds.js';
import {DemoError} from './hello-image.js';
import type {DemoOptions} from './run-demo.js';
import {withTwoHosts, type Side} from './two-hosts.js';
import {until} from './until.js';

const manifest = fileURLToPath(new URL('../../../manifests/at-most-one.yaml', import.meta.url));
const service = 'ledger';

/**
 * A service of which there may never be two moves from a node that is cut off: it ends there by itself before it begins elsewhere. The engine's
 * own history shows it. Throws a `DemoError` when anything of it is not so.
 */
export async function runAtMostOneDemo(options: DemoOptions): Promise<void> {
	const {dockerUrl, write, signal} = options;
	await withTwoHosts(options, async ({lan, a, b}) => {
		const since = new Date();
		const sides = async (when: string): Promise<void> => {
			const counts = await Promise.all([a, b].map(async ({id, host}) => {
				const found = await runningContainers({dockerUrl, nodeIds: [id]});
				return `${host.name} ${found.map(({instance, id: container}) => `${instance} (${container.slice(0, 12)})`).join(', ') || 'nothing'}`;
			}));
			write(`  containers that run ${when}: ${counts.join(', ')}\n`);
		};
		const runsOn = async (at: Side, {host}: Side): Promise<void> => until({client: at.api, kind: instances, what: `${service} to run on ${host.name}, as ${at.host.name} knows`, isSo: all => placesOf(all, service).join() === host.name, signal});

		write('\nA takes the service and b runs it, since a takes nothing new for itself meanwhile:\n');
		await a.motey(['node', 'cordon', 'a']);
		await a.motey(['apply', '-f', manifest, '--wait']);
		for (const side of [a, b]) await runsOn(side, b);
		await a.motey(['node', 'uncordon', 'a']);
		write('\n');
		await sides('now');

		write('\nThe cable of b is pulled. Nobody can tell b to end it, so b needs the word of a, renewed all the time, to go on:\n');
		await lan.pull(b.host);
		const cutMs = Date.now();
		await until({client: a.api, kind: nodes, what: 'a to miss b', isSo: all => !isHeard(all, 'b'), signal});
		await a.motey(['why', service]);
		write('\n');
		await until({client: b.api, kind: instances, what: `${service} to end on b`, isSo: all => all.some(one => textAt(one, 'status', 'reason') === 'LeaseLost'), signal});
		await sides('once b has given it up');
		await runsOn(a, a);
		await sides('once a has taken it over');

		write('\nThe cable of b is plugged in again:\n');
		await lan.plug(b.host);
		for (const {api, host} of [a, b]) await until({client: api, kind: nodes, what: `${host.name} to hear both`, isSo: all => isHeard(all, 'a') && isHeard(all, 'b'), signal});
		await until({client: b.api, kind: instances, what: 'b to know where it runs', isSo: all => all.length === 1 && placesOf(all, service).join() === 'a', signal});
		await b.motey(['get', 'instances', '-o', 'wide']);
		write('\n');
		await sides('now');

		const history = await engineHistory({dockerUrl, service, since});
		write('\nThe whole of it, as the engine tells it:\n');
		for (const {atMs, what, nodeId, id} of history) write(`  ${((atMs - cutMs) / 1000).toFixed(1).padStart(6)} s after the cut  ${id.slice(0, 12)} ${what === 'start' ? 'begins' : 'ends  '} on ${nodeId === a.id ? 'a' : 'b'}\n`);
		const most = mostAtOnce(history);
		if (most !== 1 || history.length !== 3) throw new DemoError(`there were ${most} at once, in ${history.length} steps`);
		write('Never two at once.\n');
	});
}

/** How many ran at the same time at most. */
function mostAtOnce(history: readonly ContainerEvent[]): number {
	const running = new Set<string>();
	return Math.max(0, ...history.map(({what, id}) => {
		if (what === 'start') running.add(id);
		else running.delete(id);
		return running.size;
	}));
}
