import type {CliContext} from '../../api/cli/verb.js';
import {Command, Option} from 'commander';
import {loadConfig, type ConfigFlags} from '../config/load.js';
import {limitsOf} from '../limits.js';
import {renderConfig, renderYaml, withoutSecrets} from '../config/render.js';
import {withConfigOptions} from './config-options.js';

/** `motey config`: what is in force, and where each value came from. Secrets are masked. */
export function build({io}: CliContext): Command {
	return withConfigOptions(new Command('config'))
		.description('Print the configuration in force, and where each value comes from')
		.addOption(new Option('-o, --output <format>', 'how to print it').choices(['yaml', 'json']).default('yaml'))
		.addHelpText('after', '\nExamples:\n  motey config\n  motey config --config ./motey.yaml --set log.level=debug\n  motey config -o json\n  motey config --from config.ini > motey.yaml')
		.option('--from <file>', 'print what this config.ini of the original says as motey.yaml, secrets included')
		.action(async (flags: ConfigFlags & {output: string; from?: string}) => {
			const loaded = await loadConfig(flags.from === undefined ? flags : {config: flags.from});
			for (const warning of loaded.warnings) io.stderr.write(`warning: ${warning}\n`);
			if (flags.from !== undefined) {
				io.stdout.write(renderYaml(loaded));
				return;
			}
			limitsOf(loaded.config);
			io.stdout.write(flags.output === 'json' ? `${JSON.stringify(withoutSecrets(loaded.config), undefined, 2)}\n` : renderConfig(loaded));
		});
}
