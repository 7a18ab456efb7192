import {open, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Command} from 'commander';
import {numberAt, textAt} from '../../client/value.js';
import {clientVerb, type NodeOptions} from '../client-verb.js';
import {readContexts} from '../context.js';
import {findNode} from '../endpoint.js';
import {CliError} from '../exit-codes.js';
import {print, warn, type CliIo} from '../io.js';
import {yamlText} from '../output.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly output?: string;
}

/** `motey kubeconfig`. */
export function build({io}: CliContext): Command {
	return clientVerb('kubeconfig', {
		summary: 'print a configuration for kubectl',
		examples: ['motey kubeconfig > ~/.kube/motey && chmod 600 ~/.kube/motey', 'motey kubeconfig -o ~/.kube/motey && KUBECONFIG=~/.kube/motey kubectl get services', 'motey kubeconfig --server https://edge-1.example.org:5443'],
	})
		.option('-o, --output <file>', 'write it to a file of mode 0600 instead')
		.action(async (options: Options) => {
			const {server, token, ca, namespace} = await access(options, io);
			const text = await yamlText({
				apiVersion: 'v1', kind: 'Config',
				clusters: [{name: 'motey', cluster: {server, 'certificate-authority-data': Buffer.from(ca).toString('base64')}}],
				users: [{name: 'motey', user: {token}}],
				contexts: [{name: 'motey', context: {cluster: 'motey', user: 'motey', namespace}}],
				'current-context': 'motey',
			});
			if (options.output === undefined) {
				io.stdout.write(text);
				return;
			}
			await using handle = await open(options.output, 'w', 0o600).catch((error: unknown) => {
				throw new CliError(`cannot write ${options.output ?? ''}: ${textAt(error, 'code')}`, {fix: 'Name a file in a directory that exists and is yours.', cause: error});
			});
			await handle.chmod(0o600);
			await handle.writeFile(text);
			warn(io, `written to ${options.output}`);
			print(io, `export KUBECONFIG=${options.output}`);
		});
}

/** kubectl sends no token over plain HTTP, so this is always the TLS address. */
async function access(options: Options, io: CliIo): Promise<{readonly server: string; readonly token: string; readonly ca: string; readonly namespace: string}> {
	const {contexts, currentContext} = await readContexts(io.environment.contextFile);
	const context = contexts.find(one => one.name === (options.context ?? currentContext));
	const wantsOther = options.server?.startsWith('https://') === true;
	// The address of another name of the same node: its token and its authority are the context's.
	const {endpoint, namespace} = await findNode(wantsOther ? {...options, server: context ? context.server : options.server} : options, io.environment);
	const server = wantsOther ? options.server : endpoint.server.startsWith('https://') ? endpoint.server : context?.tlsServer ?? await localTlsServer(io);
	const ca = endpoint.ca ?? context?.ca;
	const fix = 'Run it where `motey start` ran, or give --server https://…, --token and --certificate-authority.';
	if (server === undefined) throw new CliError('the TLS address of the node is not known here', {fix});
	if (ca === undefined) throw new CliError('the certificate authority of the node is not known here', {fix});
	if (endpoint.token === undefined) throw new CliError('there is no token for this node here', {fix});
	return {server, ca, token: endpoint.token, namespace: options.namespace ?? namespace};
}

async function localTlsServer({environment: {runDir}}: CliIo): Promise<string | undefined> {
	const state = await readFile(join(runDir, 'motey.json'), 'utf8').then((text): unknown => JSON.parse(text)).catch(() => undefined);
	const port = numberAt(state, 'tlsPort');
	return port === undefined ? undefined : `https://127.0.0.1:${port}`;
}
