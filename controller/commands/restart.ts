import {Command} from 'commander';
import {build as buildServiceRestart} from '../../api/cli/verbs/restart.js';
import type {CliContext} from '../../api/cli/verb.js';
import {loadConfig, type ConfigFlags} from '../config/load.js';
import {withConfigOptions} from './config-options.js';
import {readRunState} from '../run-state.js';
import {systemctl, unitName} from '../systemctl.js';
import {runInBackground} from './start.js';
import {stopNode} from './stop.js';

/** `motey restart`: without a name this node, with one the containers of that service. */
export function build(context: CliContext): Command {
	const given = process.argv.slice(process.argv.indexOf('restart') + 1);
	// A name is what stands first and is no option; the service's verb has options of its own.
	if (given[0] !== undefined && !given[0].startsWith('-')) return buildServiceRestart(context);
	return withConfigOptions(new Command('restart'))
		.description('Restart this node; its containers keep running. With a SERVICE: replace its containers, one at a time')
		.addHelpText('after', '\nExamples:\n  motey restart\n  motey restart shop')
		.action(async (flags: ConfigFlags) => {
			const loaded = await loadConfig(flags);
			const running = await readRunState(loaded.config.runDir);
			if (running?.supervised === true) {
				// Started by hand instead, it would no longer be systemd's, and would not come back when it dies.
				await systemctl('restart', unitName);
				context.io.stdout.write(`node ${running.name} restarted by systemd; its containers kept running\n`);
				return;
			}
			context.io.stdout.write(`${await stopNode(loaded.config.runDir)}\n`);
			context.io.stdout.write(await runInBackground(loaded, given));
		});
}
