import type {CliContext} from '../../api/cli/verb.js';
import {Command} from 'commander';
import {stringify} from 'yaml';
import {loadConfig, type ConfigFlags} from '../config/load.js';
import {flatten, sourceOf} from '../config/layers.js';
import {withConfigOptions} from './config-options.js';

/** `motey config`: what is in force, and where each value came from. There are no secrets in it. */
export function build({io}: CliContext): Command {
	return withConfigOptions(new Command('config'))
		.description('Print the configuration in force, and where each value comes from')
		.option('-o, --output <format>', 'yaml or json', 'yaml')
		.addHelpText('after', '\nExamples:\n  motey config\n  motey config --config ./motey.yaml --set log.level=debug\n  motey config -o json')
		.action(async (flags: ConfigFlags & {output: string}) => {
			const {config, settings, file} = await loadConfig(flags);
			if (flags.output === 'json') {
				io.stdout.write(`${JSON.stringify(config, undefined, 2)}\n`);
				return;
			}
			const lines = flatten(config, '').map(({key, value}) => {
				const text = stringify(value, {collectionStyle: 'flow', lineWidth: 0}).trim();
				return `${`${key}: ${text}`.padEnd(56)} # ${sourceOf(settings, key)}`;
			});
			io.stdout.write(`# file: ${file}\n${lines.join('\n')}\n`);
		});
}
