import {Command} from 'commander';
import type {CliContext} from '../../api/cli/verb.js';
import {loadConfig} from '../config/load.js';
import {runDemo} from '../demo/run-demo.js';

/** `motey demo`: a node of its own with a web page on it, killed and come back. */
export function build({io}: CliContext): Command {
	return new Command('demo')
		.description('Show a service run, die and come back, on a node of its own')
		.option('--once', 'clean everything up at the end')
		.option('--docker-url <url>', 'where the Docker Engine listens')
		.addHelpText('after', '\nExamples:\n  motey demo\n  motey demo --once')
		.action(async (flags: {once?: boolean; dockerUrl?: string}) => {
			const {config} = await loadConfig({dockerUrl: flags.dockerUrl});
			const write = (text: string): void => {
				io.stdout.write(text);
			};
			const demo = await runDemo({dockerUrl: config.engines.docker.url, write, signal: io.signal});
			if (flags.once === true) {
				await demo.end();
				write('\neverything the demo made is gone again\n');
				return;
			}
			const {state, directory} = demo;
			write([
				'',
				`The node keeps running. API: http://127.0.0.1:${state.port} (token in ${state.dataDir}/admin.token)`,
				'',
				'next:',
				`  export MOTEY_CONFIG=${directory}/context MOTEY_RUN_DIR=${directory}/run      # so that motey finds this node`,
				'  motey get instances -w',
				'  motey scale hello=3',
				'  motey logs hello -f',
				'  motey describe service hello',
				`to end it: motey delete service hello --wait && motey stop --run-dir ${directory}/run && rm -rf ${directory}`,
				'(without `npm link`, write `node dist/controller/bin.js` for `motey`)',
				'',
			].join('\n'));
		});
}
