import {Command} from 'commander';
import type {CliContext} from '../../api/cli/verb.js';
import {loadConfig} from '../config/load.js';
import {DemoError} from '../demo/hello-image.js';
import {runDemo, type DemoOptions} from '../demo/run-demo.js';
import {whenAskedToEnd} from '../process.js';

/** `motey demo`: a node of its own with a web page on it, killed and come back; and the demos of two nodes. */
export function build(context: CliContext): Command {
	const {io} = context;
	return new Command('demo')
		// So that an option after the name of another demo is that one's.
		.enablePositionalOptions()
		.addCommand(twoHosts(context, 'two-nodes', 'Show two nodes cut off from each other: each goes on and takes work, and coming together restarts nothing', async () => (await import('../demo/two-nodes.js')).runTwoNodesDemo))
		.addCommand(twoHosts(context, 'unplug', 'Show a device pulled out of one node and plugged into the other, and its service follow it', async () => (await import('../demo/unplug.js')).runUnplugDemo))
		.description('Show a service run, die and come back, on a node of its own')
		.option('--once', 'clean everything up at the end')
		.option('--docker-url <url>', 'where the Docker Engine listens')
		.addHelpText('after', '\nExamples:\n  motey demo\n  motey demo --once\n  motey demo two-nodes\n  motey demo unplug')
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

/** A demo that cleans up by itself, also when it is asked to end. */
function twoHosts({io}: CliContext, name: string, description: string, load: () => Promise<(options: DemoOptions) => Promise<void>>): Command {
	return new Command(name)
		.description(description)
		.option('--docker-url <url>', 'where the Docker Engine listens')
		.addHelpText('after', `\nTakes root and iproute2, and about half a minute. Example:\n  motey demo ${name}`)
		.action(async (flags: {dockerUrl?: string}) => {
			const {config} = await loadConfig({dockerUrl: flags.dockerUrl});
			const run = await load();
			const asked = new AbortController();
			void whenAskedToEnd().then(signal => asked.abort(new DemoError(`ended by ${signal}`)));
			await run({dockerUrl: config.engines.docker.url, write: text => void io.stdout.write(text), signal: asked.signal});
		});
}
