import type {CliContext} from '../../api/cli/verb.js';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Command} from 'commander';
import {loadConfig, type ConfigFlags, type LoadedConfig} from '../config/load.js';
import {maskSecrets} from '../config/render.js';
import {isSupervised} from '../config/invoker.js';
import {startDaemon} from '../daemon.js';
import {createLogger} from '../logger.js';
import {whenAskedToEnd} from '../process.js';
import {readRunState} from '../run-state.js';
import {saveAccess} from '../save-access.js';
import {moteyVersion} from '../version.js';
import {releaseYoungSpace} from '../young-space.js';
import {withConfigOptions} from './config-options.js';

/** Opening a store of the greatest size on a slow card takes its time. */
const readyDeadlineMs = 60_000;

/** `motey start`: as a daemon, or with `--foreground` as this very process. */
export function build({io}: CliContext): Command {
	return withConfigOptions(new Command('start'))
		.description('Start this node: store, reconcilers and API')
		.option('--foreground', 'stay in the foreground and log to standard output, as systemd and containers want it')
		.addHelpText('after', '\nExamples:\n  motey start\n  motey start --foreground --log-level debug\n  motey start --listen 192.168.1.7\n  motey start --data-dir /tmp/a --run-dir /tmp/a/run --port 0 --tls-port 0')
		.action(async (flags: ConfigFlags & {foreground?: boolean}) => {
			const loaded = await loadConfig(flags);
			// The daemon reads the same file and would say it again.
			if (process.send === undefined) for (const warning of loaded.warnings) io.stderr.write(`warning: ${warning}\n`);
			const running = await readRunState(loaded.config.runDir);
			if (running) {
				io.stdout.write(`node ${running.name} runs already (pid ${running.pid}, http://127.0.0.1:${running.port}); nothing was started\n`);
				return;
			}
			if (flags.foreground === true) await runHere(loaded);
			else io.stdout.write(await runInBackground(loaded));
		});
}

/** Runs the node in this process until it is asked to end. A second signal ends at once: containers do not depend on a clean end. */
async function runHere({config, settings}: LoadedConfig): Promise<void> {
	const version = moteyVersion();
	const log = createLogger({level: config.log.level, file: config.log.file, node: config.name});
	log.debug('configuration', {settings: maskSecrets(settings)});
	const asked = whenAskedToEnd();
	const {startNode} = await import('../main.js');
	const node = await startNode({config, log, version, supervised: isSupervised()});
	releaseYoungSpace();
	await saveAccess({config, listening: node.listening, access: node.access}).catch((error: unknown) => {
		log.warn('the way to this node could not be put into the context file; motey finds it by its run directory', {error});
	});
	// Whoever waited for it may have been ended meanwhile.
	process.send?.({ready: true}, undefined, undefined, () => undefined);
	log.info('ending', {signal: await asked});
	const forced = setTimeout(() => {
		log.error('not ended within 5 s; leaving as it is');
		process.exit(1);
	}, 4500);
	await node.close();
	clearTimeout(forced);
}

/** Starts the daemon; resolves with what to tell. */
export async function runInBackground({config, file}: LoadedConfig, given: readonly string[] = process.argv.slice(process.argv.indexOf('start') + 1)): Promise<string> {
	const logFile = config.log.file ?? join(config.dataDir, 'motey.log');
	const program = fileURLToPath(new URL('../bin.js', import.meta.url));
	// The arguments as they were given: the child reads the same configuration from the same places.
	await startDaemon({program, args: ['start', '--foreground', ...given], logFile, deadlineMs: readyDeadlineMs});
	const state = await readRunState(config.runDir);
	return [
		`node ${config.name} runs (pid ${state?.pid ?? '?'})`,
		`  API      http://127.0.0.1:${state?.port ?? config.api.port}, https://127.0.0.1:${state?.tlsPort ?? config.api.tlsPort}, ${state?.socket ?? ''}`,
		`  data     ${config.dataDir}`,
		`  log      ${logFile}`,
		`  settings ${file}`,
		'next: motey apply -f service.yaml --wait; motey status; motey install makes it come back at boot',
		'',
	].join('\n');
}
