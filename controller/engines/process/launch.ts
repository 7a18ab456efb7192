import {posix} from 'node:path';
import type {Engine, Workload} from '../../../reconcilers/ports/engine.js';
import {cpuMillis, memoryBytes} from '../../../reconcilers/placement/quantity.js';
import type {ImageTemplate, Resources} from '../../../store/resources/image.js';
import type {Refusal} from '../../../store/resources/refusal.js';
import type {ContainerBody} from '../docker/container-body.js';
import {readParameters} from '../docker/parameters/read-parameters.js';
import {hostPortsOf} from '../docker/template-facts.js';
import {workloadEnvironment} from '../workload-environment.js';
import {isPermitted, notPermitted, permittedPaths, type Permission} from './permission.js';
import type {Launch, Limits} from './record.js';
import {processEngineVocabulary} from './vocabulary.js';

/** What this node lets programs do, and what it can. */
export interface ProcessPolicy extends Permission {
	/** Whether programs can run as somebody else. */
	readonly canSwitchUser: boolean;
	/** Why resources cannot be limited here; undefined when they can. */
	readonly noLimits: string | undefined;
}

/** Signals that a program may be asked to end with. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL'] as const;
const usualPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const nanosecondsPerMs = 1_000_000;

/** How `workload` is run, and what makes that impossible. The same workload gives the same answer; nothing but links is looked up. */
export function launchOf(workload: Workload, policy: ProcessPolicy): {readonly launch: Launch; readonly refusals: readonly Refusal[]} {
	const {template} = workload;
	const {body, refusals} = readParameters(template.parameters, workload, processEngineVocabulary);
	const launch: Launch = {
		// As it is judged: `..` after a link leads elsewhere than it reads.
		program: posix.normalize(template.image),
		arguments: body.Cmd ?? [],
		environment: [usualPath, ...workloadEnvironment(workload, policy.nodeName), ...body.Env ?? []],
		workingDirectory: body.WorkingDir ?? '/',
		...(body.User === undefined ? {} : {user: body.User}),
		stopSignal: signalOf(body.StopSignal) ?? 'SIGTERM',
		ports: portsOf(body),
		...healthOf(body),
	};
	return {launch, refusals: [...refusals, ...(template.files === undefined ? [] : [noFiles]), ...wrong(body), ...forbidden(template, {body, launch, policy})]};
}

const noFiles: Refusal = {kind: 'invalid', field: 'files', rule: 'FieldValueInvalid', message: 'a program on the host sees the files of the host, and nothing can be mounted for it alone', fix: 'name its files in command or environment'};

/** Limits as they are asked for. */
export const limitsOf = ({cpu, memory}: Resources): Limits => ({...(cpu === undefined ? {} : {cpuMillis: cpuMillis(cpu)}), ...(memory === undefined ? {} : {memoryBytes: memoryBytes(memory)})});

/** Host ports that a template declares. */
export const declaredPorts = (template: ImageTemplate): ReturnType<Engine['hostPorts']> => hostPortsOf(readParameters(template.parameters, {namespace: 'default', service: template.name}, processEngineVocabulary).body);

function wrong(body: ContainerBody): readonly Refusal[] {
	const invalid = (field: string, message: string, fix: string): Refusal => ({kind: 'invalid', field: `parameters.${field}`, rule: 'FieldValueInvalid', message, fix});
	const unnamed = variablesOf(body).find(name => !/^[A-Za-z_]\w*$/u.test(name));
	const open = Object.entries(body.HostConfig?.PortBindings ?? {}).filter(([, bindings]) => bindings.some(({HostPort: port}) => !/^\d+$/u.test(port)));
	return [
		...(body.WorkingDir !== undefined && !posix.isAbsolute(body.WorkingDir) ? [invalid('working_dir', `${body.WorkingDir} is no absolute path`, 'write the whole path')] : []),
		...(body.StopSignal !== undefined && signalOf(body.StopSignal) === undefined ? [invalid('stop_signal', `${body.StopSignal} is no signal to end with`, `write one of ${stopSignals.join(', ')}`)] : []),
		...(unnamed === undefined ? [] : [invalid('environment', `${unnamed} is no name that a shell hands on`, 'write letters, digits and _, no digit first')]),
		...open.map(([port]) => invalid('ports', `${port} has no single port of the host`, 'write the port on which the program listens, such as {80/tcp: 8080}')),
	];
}

function forbidden({image, resources}: ImageTemplate, {body, launch, policy}: {readonly body: ContainerBody; readonly launch: Launch; readonly policy: ProcessPolicy}): readonly Refusal[] {
	const forbid = (field: string, rule: string, {message, fix}: {readonly message: string; readonly fix: string}): Refusal => ({kind: 'forbidden', field, rule, message, fix});
	const [check] = launch.health?.command ?? [];
	return [
		...(!posix.isAbsolute(image) ? [{kind: 'invalid', field: 'image', rule: 'FieldValueInvalid', message: `${image} is no absolute path of a program`, fix: 'write image: /path/of/program'} as const] : []),
		...(posix.isAbsolute(image) && !isPermitted(launch.program, policy) ? [forbid('image', 'Program', notPermitted(launch.program, policy))] : []),
		// What looks after a program runs on the host as the program does.
		...(check !== undefined && permittedPaths(check, launch, policy).length === 0 ? [forbid('parameters.healthcheck', 'Program', notPermitted(check, policy))] : []),
		...loaderVariables(body).map(name => forbid('parameters.environment', 'Loader', {message: `${name} makes the loader run other code than that of the program`, fix: 'leave it out, or have a script permitted that sets it'})),
		...(body.User !== undefined && !policy.canSwitchUser ? [forbid('parameters.user', 'User', {message: `the node ${policy.nodeName} does not run as root, so programs run as its own user`, fix: 'leave it out'})] : []),
		...(policy.noLimits !== undefined && (resources.cpu ?? resources.memory) !== undefined ? [forbid('resources', 'Limits', {message: `the node ${policy.nodeName} cannot limit what a program uses: ${policy.noLimits}`, fix: 'leave resources out'})] : []),
	];
}

const variablesOf = ({Env: lines = []}: ContainerBody): readonly string[] => lines.map(line => line.slice(0, line.indexOf('=')));

/** See ld.so(8). */
const loaderVariables = (body: ContainerBody): readonly string[] => variablesOf(body).filter(name => name.startsWith('LD_'));

function signalOf(text: string | undefined): typeof stopSignals[number] | undefined {
	const name = text?.toUpperCase();
	return stopSignals.find(signal => signal === name || signal === `SIG${name}`);
}

function portsOf(body: ContainerBody): Launch['ports'] {
	return Object.entries(body.HostConfig?.PortBindings ?? {}).flatMap(([key, bindings]) => {
		const [container = '', protocol = 'tcp'] = key.split('/');
		return bindings.flatMap(({HostPort: port}) => (/^\d+$/u.test(port) ? [{container: Number(container), host: Number(port), protocol: protocol === 'udp' || protocol === 'sctp' ? protocol : 'tcp'} as const] : []));
	});
}

function healthOf({Healthcheck: check}: ContainerBody): Pick<Launch, 'health'> {
	const [kind, ...words] = check?.Test ?? [];
	if (check === undefined || kind === undefined || kind === 'NONE') return {};
	const command = kind === 'CMD' ? words : kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words.join(' ')] : [kind, ...words];
	// Docker takes 0 for its default.
	const orDefault = (nanoseconds: number | undefined, defaultMs: number): number => (nanoseconds === undefined || nanoseconds === 0 ? defaultMs : nanoseconds / nanosecondsPerMs);
	return {health: {command, intervalMs: orDefault(check.Interval, 30_000), timeoutMs: orDefault(check.Timeout, 30_000), startMs: orDefault(check.StartPeriod, 0), retries: check.Retries === undefined || check.Retries === 0 ? 3 : check.Retries}};
}
