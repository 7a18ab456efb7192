import {spawn, spawnSync, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import {execFile} from 'node:child_process';
import {promisify} from 'node:util';

/** A socket on the bridge: a host has one network interface there, and an address. */
export interface LanHost {
	readonly name: string;
	/** Name under `/run/netns`. */
	readonly namespace: string;
	readonly address: string;
}

/** What a wire does to what passes over it. */
export interface Impairment {
	readonly delayMs?: number;
	/** Share of packets that is lost, 0 to 1. */
	readonly loss?: number;
	/** Of the chance that picks them. */
	readonly seed?: number;
}

/** Hosts on one bridge in network namespaces of their own, whose links can be cut, delayed and made lossy. */
export interface Lan extends AsyncDisposable {
	addHost(name: string): Promise<LanHost>;
	/** From now on nothing that `from` sends arrives at `to`: a silent cut, which no reset announces. */
	block(from: LanHost, to: LanHost): Promise<void>;
	/** What `from` sends arrives at `to` again. */
	unblock(from: LanHost, to: LanHost): Promise<void>;
	/** Whatever arrives at `host` over the bridge comes late, or not; replaces what was said before, and nothing said ends it. */
	impair(host: LanHost, impairment?: Impairment): Promise<void>;
}

const execute = promisify(execFile);
const impairProgram = fileURLToPath(new URL('../../../test/cluster/impair.py', import.meta.url));

/** Runs a program inside the namespace `name`. */
export const inNamespace = (name: string, ...command: readonly string[]): readonly string[] => ['nsenter', `--net=/run/netns/${name}`, ...command];

async function run([program, ...args]: readonly string[]): Promise<void> {
	await execute(program!, args);
}

/** Makes a bridge. `name` begins the names of all namespaces of this lan, by which `removeNamespaces` finds them. */
export async function openLan(name: string): Promise<Lan> {
	const lan = `${name}-lan`;
	const impairing = new Map<string, ChildProcess>();
	const ports = new Map<string, number>();
	const ip = async (namespace: string, ...args: readonly string[]): Promise<void> => run(['ip', '-n', namespace, ...args]);
	const rule = (from: LanHost, to: LanHost, verb: '-A' | '-D' | '-C'): readonly string[] => inNamespace(to.namespace, 'iptables', '-w', '-t', 'raw', verb, 'PREROUTING', '-s', from.address, '-j', 'DROP');

	await run(['ip', 'netns', 'add', lan]);
	await ip(lan, 'link', 'add', 'name', 'bridge', 'type', 'bridge');
	await ip(lan, 'link', 'set', 'bridge', 'up');

	const clear = async (host: LanHost): Promise<void> => {
		const port = ports.get(host.name)!;
		const child = impairing.get(host.name);
		if (!child) return;
		impairing.delete(host.name);
		const ended = once(child, 'exit');
		child.kill('SIGKILL');
		await ended;
		await ip(lan, 'link', 'delete', `near${port}`);
		await ip(lan, 'link', 'set', `port${port}`, 'master', 'bridge');
	};

	return {
		async addHost(hostName) {
			const port = ports.size + 1;
			ports.set(hostName, port);
			const host = {name: hostName, namespace: `${name}-${hostName}`, address: `10.77.0.${port}`};
			await run(['ip', 'netns', 'add', host.namespace]);
			await ip(lan, 'link', 'add', 'name', `port${port}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.namespace);
			await ip(lan, 'link', 'set', `port${port}`, 'master', 'bridge', 'up');
			await ip(host.namespace, 'link', 'set', 'lo', 'up');
			await ip(host.namespace, 'address', 'add', `${host.address}/24`, 'dev', 'eth0');
			await ip(host.namespace, 'link', 'set', 'eth0', 'up');
			return host;
		},
		async block(from, to) {
			await run(rule(from, to, '-C')).catch(async () => run(rule(from, to, '-A')));
		},
		async unblock(from, to) {
			const [program, ...check] = rule(from, to, '-C');
			if (spawnSync(program!, check).status === 0) await run(rule(from, to, '-D'));
		},
		async impair(host, impairment) {
			await clear(host);
			if (!impairment) return;
			const port = ports.get(host.name)!;
			await ip(lan, 'link', 'add', 'name', `near${port}`, 'type', 'veth', 'peer', 'name', `far${port}`);
			for (const end of ['near', 'far']) await ip(lan, 'link', 'set', `${end}${port}`, 'up');
			await ip(lan, 'link', 'set', `port${port}`, 'nomaster');
			await ip(lan, 'link', 'set', `far${port}`, 'master', 'bridge');
			const [program, ...args] = inNamespace(lan, '/usr/bin/python3', impairProgram, `near${port}`, `port${port}`, String(impairment.delayMs ?? 0), String(impairment.loss ?? 0), String(impairment.seed ?? 1));
			const child = spawn(program!, args, {stdio: ['ignore', 'pipe', 'inherit']});
			impairing.set(host.name, child);
			await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error(`${impairProgram} ended`)))]);
		},
		async [Symbol.asyncDispose]() {
			for (const child of impairing.values()) child.kill('SIGKILL');
			await removeNamespaces(name);
		},
	};
}

/** Removes every network namespace whose name begins with `name` and a hyphen; their interfaces go with them. */
export async function removeNamespaces(name: string): Promise<void> {
	for (const each of await namespaces()) if (each.startsWith(`${name}-`)) await remove(each);
}

/** Two that clear away after a third may do it at once. */
async function remove(namespace: string): Promise<void> {
	await run(['ip', 'netns', 'delete', namespace]).catch(async (error: unknown) => {
		if ((await namespaces()).includes(namespace)) throw error;
	});
}

/** The named network namespaces there are. */
export async function namespaces(): Promise<readonly string[]> {
	const {stdout} = await execute('ip', ['netns', 'list']);
	return stdout.split('\n').map(line => line.split(' ')[0]!).filter(Boolean);
}
