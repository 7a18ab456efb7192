import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {z} from 'zod';
import {systemErrorCode} from '../private-file.js';
import {DemoError} from './hello-image.js';

/** A host of the demo: a network namespace with one address. */
export interface DemoHost {
	readonly name: string;
	/** Name under `/run/netns`. */
	readonly namespace: string;
	readonly address: string;
}

/** Hosts on one switch, which nothing else is plugged into. */
export interface DemoLan extends AsyncDisposable {
	readonly hosts: readonly DemoHost[];
	/** Pulls the cable of `host` out of the switch. The host itself sees no change: whatever it says is lost in silence. */
	pull(host: DemoHost): Promise<void>;
	/** Plugs it in again. */
	plug(host: DemoHost): Promise<void>;
}

const deadlineMs = 10_000;
const Said = z.object({stderr: z.string()});

/** Makes a namespace for each name and one that holds the switch, all of this process's own. Needs root and iproute2; a `DemoError` says so. */
export async function openDemoLan(names: readonly string[]): Promise<DemoLan> {
	const own = `motey-demo-${process.pid}`;
	const middle = `${own}-switch`;
	const hosts = names.map((name, index): DemoHost => ({name, namespace: `${own}-${name}`, address: `10.78.0.${index + 1}`}));
	const made: string[] = [];
	const addNamespace = async (namespace: string): Promise<void> => {
		await ip('netns', 'add', namespace);
		made.push(namespace);
	};
	const lan: DemoLan = {
		hosts,
		pull: async ({name}) => ip('-n', middle, 'link', 'set', 'dev', name, 'nomaster'),
		plug: async ({name}) => ip('-n', middle, 'link', 'set', 'dev', name, 'master', 'switch'),
		async [Symbol.asyncDispose]() {
			for (const namespace of made.splice(0)) await ip('netns', 'delete', namespace);
		},
	};
	try {
		await addNamespace(middle);
		await ip('-n', middle, 'link', 'add', 'name', 'switch', 'type', 'bridge');
		await ip('-n', middle, 'link', 'set', 'dev', 'switch', 'up');
		for (const {name, namespace, address} of hosts) {
			await addNamespace(namespace);
			await ip('-n', middle, 'link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
			await ip('-n', middle, 'link', 'set', 'dev', name, 'master', 'switch', 'up');
			await ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0');
			for (const device of ['lo', 'eth0']) await ip('-n', namespace, 'link', 'set', 'dev', device, 'up');
		}
	} catch (error) {
		await lan[Symbol.asyncDispose]();
		throw error;
	}
	return lan;
}

async function ip(...args: readonly string[]): Promise<void> {
	await promisify(execFile)('ip', args, {timeout: deadlineMs}).catch((error: unknown) => {
		if (systemErrorCode(error) === 'ENOENT') throw new DemoError('the demo joins its nodes with the command ip, which is not there: apt-get install iproute2', {cause: error});
		throw new DemoError(`the demo needs network namespaces, and "ip ${args.join(' ')}" said: ${Said.safeParse(error).data?.stderr.trim() ?? String(error)}`, {cause: error});
	});
}
