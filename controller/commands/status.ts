import {Command, Option} from 'commander';
import {at, listAt, textAt} from '../../api/client/value.js';
import type {CliContext} from '../../api/cli/verb.js';
import {exitCodes} from '../../api/cli/exit-codes.js';
import {loadConfig, type ConfigFlags} from '../config/load.js';
import {localClient} from '../request-backup.js';
import {readRunState, type RunState} from '../run-state.js';
import {withConfigOptions} from './config-options.js';

/** `motey status`: whether a node runs on this machine, where it answers, and how it is. */
export function build({io, end}: CliContext): Command {
	return withConfigOptions(new Command('status'))
		.description('Show whether this node runs, where its API is, and how it is')
		.addOption(new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'))
		.addHelpText('after', '\nExamples:\n  motey status\n  motey status -o json\n\nExit codes: 0 it runs and is ready, 1 it runs and is not ready, 3 it does not run')
		.action(async (flags: ConfigFlags & {output: string}) => {
			const {config} = await loadConfig(flags);
			const state = await readRunState(config.runDir);
			if (!state) {
				io.stdout.write(flags.output === 'json' ? '{"running":false}\n' : `no node runs on ${config.runDir}; motey start starts one\n`);
				end(exitCodes.noNode);
				return;
			}
			const report = await look(state);
			io.stdout.write(flags.output === 'json' ? `${JSON.stringify({running: true, ...state, ...report}, undefined, 2)}\n` : text(state, report));
			if (!report.ready) end(exitCodes.error);
		});
}

interface Report {
	readonly ready: boolean;
	readonly conditions: readonly unknown[];
	readonly engines: readonly unknown[];
	readonly services: number;
	readonly servicesReady: number;
	readonly instances: number;
}

async function look(state: RunState): Promise<Report> {
	const client = await localClient(state);
	const served = {group: 'motey.io', version: 'v1'};
	const [node, services, instances] = await Promise.all([
		client.get({...served, plural: 'nodes', namespaced: false}, {name: state.name}),
		client.list({...served, plural: 'services', namespaced: true}),
		client.list({...served, plural: 'instances', namespaced: true}),
	]);
	const conditions = listAt(node, 'status', 'conditions');
	return {
		ready: isTrue(conditions.find(condition => textAt(condition, 'type') === 'Ready')),
		conditions, engines: listAt(node, 'status', 'engines'),
		services: services.items.length,
		servicesReady: services.items.filter(service => isTrue(listAt(service, 'status', 'conditions').find(condition => textAt(condition, 'type') === 'Ready'))).length,
		instances: instances.items.length,
	};
}

const isTrue = (condition: unknown): boolean => textAt(condition, 'status') === 'True';

function text(state: RunState, report: Report): string {
	const wrong = report.conditions.filter(condition => (textAt(condition, 'type') === 'DiskLow') === isTrue(condition));
	return [
		`node       ${state.name}, ${report.ready ? 'ready' : 'not ready'}, version ${state.version}, pid ${state.pid}${state.supervised ? ' (systemd)' : ''}, since ${state.startedAt}`,
		`API        http://127.0.0.1:${state.port}, https://127.0.0.1:${state.tlsPort}, unix://${state.socket}`,
		`data       ${state.dataDir}`,
		...report.engines.map(engine => `engine     ${textAt(engine, 'name')} ${textAt(engine, 'version')}, ${at(engine, 'healthy') === true ? 'answers' : `does not answer: ${textAt(engine, 'message')}`}`),
		...report.engines.filter(engine => at(engine, 'healthy') === true && textAt(engine, 'message') !== '').map(engine => `advice     ${textAt(engine, 'name')}: ${textAt(engine, 'message')}`),
		`services   ${report.servicesReady}/${report.services} ready, ${report.instances} instances`,
		...wrong.map(condition => `problem    ${textAt(condition, 'type')}: ${textAt(condition, 'reason')}: ${textAt(condition, 'message')}`),
		'',
	].join('\n');
}
