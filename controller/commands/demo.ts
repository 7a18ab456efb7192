import {Command} from 'commander';
import {printGrid} from '../../api/cli/table.js';
import type {CliContext} from '../../api/cli/verb.js';
import {loadConfig} from '../config/load.js';
import {DemoError} from '../demo/hello-image.js';
import {namedDemos, type NamedDemo} from '../demo/named-demos.js';
import {runDemo} from '../demo/run-demo.js';
import {whenAskedToEnd} from '../process.js';

/** `motey demo`: a node of its own with a web page on it, killed and come back; and the demos that have a name. */
export function build(context: CliContext): Command {
	const {io} = context;
	const command = new Command('demo')
		// So that an option after the name of another demo is that one's.
		.enablePositionalOptions()
		.description('Show a service run, die and come back, on a node of its own')
		.option('--once', 'clean everything up at the end')
		.option('--docker-url <url>', 'where the Docker Engine listens')
		.addHelpText('after', '\nExamples:\n  motey demo\n  motey demo --once\n  motey demo list\n  motey demo two-nodes')
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
		})
		.addCommand(list(context));
	for (const [name, demo] of Object.entries(namedDemos)) command.addCommand(named(context, name, demo));
	return command;
}

/** A demo of that name. It ends, and cleans up, also when it is asked to. */
function named({io}: CliContext, name: string, {summary, takes, engine, flags = [], run}: NamedDemo): Command {
	const command = new Command(name)
		.description(summary)
		.addHelpText('after', `\nTakes ${takes}. Example:\n  motey demo ${name}`)
		.action(async ({dockerUrl, ...said}: {dockerUrl?: string}) => {
			const {config} = await loadConfig({dockerUrl});
			const asked = new AbortController();
			const write = (text: string): void => void io.stdout.write(text);
			let isHeard = true;
			void whenAskedToEnd().then(signal => {
				// Whoever was told of it has gone: a closed terminal, a reader of a pipe.
				isHeard = signal !== 'SIGHUP';
				if (isHeard) write('\nTaking away all that the demo made …\n');
				asked.abort(new DemoError(`ended by ${signal}`));
			});
			// Ctrl-C was pressed before anybody here listened.
			if (io.signal.aborted) return;
			await run({dockerUrl: config.engines.docker.url, write, signal: asked.signal}, said).catch((error: unknown) => {
				if (!isHeard) return;
				asked.signal.throwIfAborted();
				throw error;
			});
		});
	if (engine === 'here') command.option('--docker-url <url>', 'where the Docker Engine listens');
	for (const {flags: names, description, parse} of flags) command.option(names, description, parse);
	return command;
}

/** `motey demo list`. */
function list({io}: CliContext): Command {
	return new Command('list')
		.description('List the demos that have a name')
		.addHelpText('after', '\nExample:\n  motey demo list')
		.action(() => {
			printGrid(io, {headings: ['NAME', 'TAKES', 'SHOWS'], rows: Object.entries(namedDemos).map(([name, {summary, takes}]) => [name, takes, summary.replace(/^Show /u, '')])});
		});
}
