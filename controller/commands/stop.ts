import type {CliContext} from '../../api/cli/verb.js';
import {Command} from 'commander';
import {loadConfig, type ConfigFlags} from '../config/load.js';
import {stopDaemon} from '../daemon.js';
import {readRunState} from '../run-state.js';
import {systemctl, unitName} from '../systemctl.js';
import {withConfigOptions} from './config-options.js';

/** Longer than the node's own 5 s, so that only one that hangs is killed. */
const graceMs = 10_000;

/** Ends the node of a run directory; resolves with a sentence. One that is not there is no error. */
export async function stopNode(runDir: string): Promise<string> {
	const state = await readRunState(runDir);
	if (!state) return `no node runs on ${runDir}`;
	if (state.supervised) {
		await systemctl('stop', unitName);
		return `node ${state.name} stopped by systemd; its containers keep running, and it comes back at boot`;
	}
	await stopDaemon({state, graceMs});
	return `node ${state.name} stopped (pid ${state.pid}); its containers keep running`;
}

/** `motey stop`. */
export function build({io}: CliContext): Command {
	return withConfigOptions(new Command('stop'))
		.description('Stop this node; its containers keep running')
		.addHelpText('after', '\nExamples:\n  motey stop\n  motey stop --run-dir /tmp/second')
		.action(async (flags: ConfigFlags) => {
			const {config} = await loadConfig(flags);
			io.stdout.write(`${await stopNode(config.runDir)}\n`);
		});
}
