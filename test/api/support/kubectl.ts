import {execFileSync, spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import {delimiter, join} from 'node:path';
import {kubectlPath} from '../../support/kubectl.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import type {SecureApi} from './secure.js';

/** What a run printed and how it ended. */
export interface KubectlRun {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

export interface KubectlOptions {
	/** Text for standard input. */
	readonly input?: string;
	readonly env?: Readonly<Record<string, string>>;
	/** Ends it with SIGINT as soon as what it printed satisfies this. */
	readonly until?: (stdout: string) => boolean;
	/** Sees what was printed to standard error so far. */
	readonly onStderr?: (stderr: string) => void;
}

/** One kubectl binary with a home, a cache and credentials of its own. */
export interface Kubectl extends AsyncDisposable {
	run(arguments_: readonly string[], options?: KubectlOptions): Promise<KubectlRun>;
	/** Writes a manifest and returns its path. */
	file(name: string, document: unknown): Promise<string>;
}

/** A kubectl to test with; `minor` is 33 of version 1.33. */
export interface KubectlBinary {
	readonly label: string;
	readonly path: string;
	readonly minor: number;
}

/** kubectls to test with: Debian's 1.20 always, and the one on the PATH, or what `KUBECTL_NEW` names, where there is one of at least 1.28. */
export function kubectls(): readonly KubectlBinary[] {
	const old = {label: '1.20', path: kubectlPath(), minor: 20};
	const onPath = (process.env['PATH'] ?? '').split(delimiter).map(directory => join(directory, 'kubectl')).find(existsSync);
	const path = process.env['KUBECTL_NEW'] ?? onPath;
	const minor = path === undefined ? 0 : minorOf(path);
	return path === undefined || minor < 28 ? [old] : [old, {label: 'current', path, minor}];
}

function minorOf(path: string): number {
	const text = execFileSync(path, ['version', '--client', '-o', 'json'], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
	return Number(/"gitVersion": "v1\.(\d+)/u.exec(text)?.[1] ?? 0);
}

const deadlineMs = 60_000;

/** Each takes some 50 MB and half a second of a core to start. */
const atOnce = 6;

/** Prepares a kubectl to talk to `secure`; `token` defaults to the admin's. */
export async function prepareKubectl(path: string, {secure: {url, authority, api}, token = api.token}: {readonly secure: SecureApi; readonly token?: string}): Promise<Kubectl> {
	const home = await makeTempDirectory();
	const config = join(home.path, 'config');
	await writeFile(config, JSON.stringify({
		apiVersion: 'v1', kind: 'Config', 'current-context': 'motey',
		clusters: [{name: 'motey', cluster: {server: url, 'certificate-authority-data': Buffer.from(authority).toString('base64')}}],
		users: [{name: 'motey', user: {token}}],
		contexts: [{name: 'motey', context: {cluster: 'motey', user: 'motey', namespace: 'default'}}],
	}), {mode: 0o600});
	await mkdir(join(home.path, 'files'));
	const turns = createTurns(atOnce);
	const env = {PATH: process.env['PATH'] ?? '', HOME: home.path, KUBECONFIG: config, TMPDIR: home.path};
	return {
		run: async (arguments_, options = {}) => turns(async () => run({path, arguments_: [...arguments_, '--cache-dir', join(home.path, 'cache')], env}, options)),
		async file(name, document) {
			const file = join(home.path, 'files', name);
			await writeFile(file, typeof document === 'string' ? document : JSON.stringify(document));
			return file;
		},
		[Symbol.asyncDispose]: async () => home[Symbol.asyncDispose](),
	};
}

/** Lets so many run at once, the others in turn. */
function createTurns(count: number): <T>(work: () => Promise<T>) => Promise<T> {
	const waiting: (() => void)[] = [];
	let running = 0;
	return async work => {
		if (running >= count) await new Promise<void>(resolve => waiting.push(resolve));
		running += 1;
		try {
			return await work();
		} finally {
			running -= 1;
			waiting.shift()?.();
		}
	};
}

interface Invocation {
	readonly path: string;
	readonly arguments_: readonly string[];
	readonly env: NodeJS.ProcessEnv;
}

function run({path, arguments_, env}: Invocation, {input, env: more = {}, until, onStderr}: KubectlOptions): Promise<KubectlRun> {
	return new Promise((resolve, reject) => {
		const child = spawn(path, arguments_, {env: {...env, ...more}, stdio: 'pipe'});
		const output = {stdout: '', stderr: ''};
		const deadline = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
		child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
			output.stdout += chunk;
			if (until?.(output.stdout)) child.kill('SIGINT');
		});
		child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
			output.stderr += chunk;
			onStderr?.(output.stderr);
		});
		child.on('error', reject);
		child.on('close', code => {
			clearTimeout(deadline);
			resolve({code: code ?? -1, ...output});
		});
		child.stdin.end(input ?? '');
	});
}
