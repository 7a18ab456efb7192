import {setMaxListeners} from 'node:events';
import {CliError, exitCodes} from './exit-codes.js';
import {print, type CliIo} from './io.js';
import type {CliContext, Verb} from './verb.js';

/** The verbs that talk to a node. The process's own are added by the entry of `motey`. */
export const clientVerbs: readonly Verb[] = [
	{group: 'services', name: 'apply', summary: 'create or change what a file describes', load: () => import('./verbs/apply.js')},
	{group: 'services', name: 'get', summary: 'list objects, or show one', load: () => import('./verbs/get.js')},
	{group: 'services', name: 'describe', summary: 'show an object with all that is known of it', load: () => import('./verbs/describe.js')},
	{group: 'services', name: 'logs', summary: 'show what a service or an instance writes', load: () => import('./verbs/logs.js')},
	{group: 'services', name: 'exec', summary: 'run a command inside an instance, on whichever node it runs', load: () => import('./verbs/exec.js')},
	{group: 'services', name: 'why', summary: 'tell why a service is as it is, over all nodes', load: () => import('./verbs/why.js')},
	{group: 'services', name: 'events', summary: 'tell what happened, in words', load: () => import('./verbs/events.js')},
	{group: 'services', name: 'top', summary: 'show the use of CPU and memory', load: () => import('./verbs/top.js')},
	{group: 'services', name: 'diff', summary: 'show what an apply would change', load: () => import('./verbs/diff.js')},
	{group: 'services', name: 'scale', summary: 'set the number of replicas', load: () => import('./verbs/scale.js')},
	{group: 'services', name: 'restart', summary: 'replace the containers of a service, one at a time', load: () => import('./verbs/restart.js')},
	{group: 'services', name: 'wait', summary: 'wait until something is so', load: () => import('./verbs/wait.js')},
	{group: 'services', name: 'delete', summary: 'delete objects', load: () => import('./verbs/delete.js')},
	{group: 'node', name: 'node', summary: 'look after nodes: status, list, drain, forget, orphans', load: () => import('./verbs/node.js')},
	{group: 'node', name: 'cluster', summary: 'make nodes one fleet: init, join, token, members', load: () => import('./verbs/cluster.js')},
	{group: 'node', name: 'rehearse', summary: 'show what would move where if a node were lost', load: () => import('./verbs/rehearse.js')},
	{group: 'node', name: 'image', summary: 'have images on nodes without a registry: list, push, distribute, prune', load: () => import('./verbs/image.js')},
	{group: 'node', name: 'bundle', summary: 'carry services with their images in one signed file: create, apply, show, verify, trust', load: () => import('./verbs/bundle.js')},
	{group: 'node', name: 'call', summary: 'ask a service by its name, on this node or another', load: () => import('./verbs/call.js')},
	{group: 'node', name: 'send', summary: 'send a message to a node\'s handler', load: () => import('./verbs/send.js')},
	{group: 'node', name: 'cp', summary: 'copy files to a node, or from one', load: () => import('./verbs/cp.js')},
	{group: 'node', name: 'group', summary: 'see groups of nodes and programs, and have them vote and act', load: () => import('./verbs/group.js')},
	{group: 'node', name: 'capability', summary: 'say what this node can do', load: () => import('./verbs/capability.js')},
	{group: 'node', name: 'token', summary: 'make, list and end tokens', load: () => import('./verbs/token.js')},
	{group: 'node', name: 'context', summary: 'name the nodes you talk to', load: () => import('./verbs/context.js')},
	{group: 'node', name: 'kubeconfig', summary: 'print a configuration for kubectl', load: () => import('./verbs/kubeconfig.js')},
	{group: 'node', name: 'version', summary: 'print the versions of this program and of the node', load: () => import('./verbs/version.js')},
	{group: 'node', name: 'completion', summary: 'print a completion script for bash or zsh', load: () => import('./verbs/completion.js')},
];

const headings = {services: 'Services', node: 'Node and access', process: 'The process on this machine'} as const;

/**
 * Runs one command line (without `node` and the script) and resolves with its exit code; never rejects.
 * Loads nothing but the verb that is used.
 */
export async function run(argv: readonly string[], io: CliIo, verbs: readonly Verb[] = clientVerbs): Promise<number> {
	// Everything that is under way listens for Ctrl-C; Node takes more than ten for a leak, and says so.
	setMaxListeners(0, io.signal);
	try {
		return await dispatch(argv, io, verbs);
	} catch (error) {
		if (io.signal.aborted) return exitCodes.interrupted;
		const {reportError} = await import('./report-error.js');
		return reportError(error, io);
	}
}

async function dispatch(argv: readonly string[], io: CliIo, verbs: readonly Verb[]): Promise<number> {
	const [first, ...rest] = verbFirst(argv, verbs);
	if (first === undefined || first === '--help' || first === '-h' || first === 'help' && rest.length === 0) {
		print(io, helpText(verbs));
		return exitCodes.ok;
	}
	if (first === 'help') return dispatch([...rest, '--help'], io, verbs);
	if (first === '--version' || first === '-V') return dispatch(['version', '--client'], io, verbs);
	const verb = verbs.find(one => one.name === first);
	if (!verb) throw await unknownVerb(first, verbs);
	let code: number = exitCodes.ok;
	const context: CliContext = {io, verbs, end: value => code = value};
	const command = (await verb.load()).build(context);
	const {parseVerb} = await import('./parse-verb.js');
	const parsed = await parseVerb(command, rest, io);
	return io.signal.aborted ? exitCodes.interrupted : parsed ?? code;
}

/** Options may stand before the verb (`motey -n shop get`): the verb is moved to the front. */
function verbFirst(argv: readonly string[], verbs: readonly Verb[]): readonly string[] {
	if (argv[0]?.startsWith('-') !== true || ['-h', '--help', '-V', '--version'].includes(argv[0])) return argv;
	const at = argv.findIndex(argument => verbs.some(verb => verb.name === argument));
	return at === -1 ? argv : [argv[at] ?? '', ...argv.slice(0, at), ...argv.slice(at + 1)];
}

async function unknownVerb(word: string, verbs: readonly Verb[]): Promise<CliError> {
	const {nearest} = await import('../../store/resources/nearest.js');
	const suggestion = nearest(word, verbs.map(verb => verb.name));
	return new CliError(word.startsWith('-') ? `unknown option ${word}` : `"${word}" is no verb of motey`, {
		exitCode: exitCodes.usage, fix: suggestion === undefined || word.startsWith('-') ? '`motey --help` lists what there is.' : `Did you mean \`motey ${suggestion}\`?`,
	});
}

function helpText(verbs: readonly Verb[]): string {
	const width = Math.max(...verbs.map(verb => verb.name.length));
	const groups = (['services', 'process', 'node'] as const).map(group => ({heading: headings[group], verbs: verbs.filter(verb => verb.group === group)}));
	return [
		'motey — runs services on nodes, and keeps them running.',
		'',
		'Usage: motey VERB [arguments] [options]',
		...groups.filter(group => group.verbs.length > 0).flatMap(group => ['', `${group.heading}:`, ...group.verbs.map(verb => `  ${verb.name.padEnd(width)}  ${verb.summary}`)]),
		'',
		'Examples:',
		'  motey apply -f hello.yaml --wait',
		'  motey get services -w',
		'  motey logs hello -f',
		'',
		'`motey VERB --help` says more of each. The node is found by --server, MOTEY_SERVER, the context file, then the socket on this machine.',
	].join('\n');
}
