import {join, resolve} from 'node:path';
import {Command} from 'commander';
import {loadConfig, type ConfigFlags} from '../config/load.js';
import {requestBackup} from '../request-backup.js';
import {readRunState} from '../run-state.js';
import {checkStore} from '../../store/level/check.js';
import {backupStore} from '../../store/level/backup.js';
import {restoreStore} from '../../store/level/restore.js';
import {salvageStore} from '../../store/level/salvage.js';
import {DaemonError} from '../daemon.js';
import type {CliIo} from '../../api/cli/io.js';
import type {CliContext} from '../../api/cli/verb.js';
import {withConfigOptions} from './config-options.js';

/** Exit code of a check that found damage. */
const damagedExitCode = 1;

/** `motey store check | backup | restore | salvage`. */
export function build({io, end}: CliContext): Command {
	return new Command('store')
		.description('Check, back up, restore or salvage the store of this node')
		.addCommand(check(io, end))
		.addCommand(backup(io))
		.addCommand(restore(io))
		.addCommand(salvage(io))
		.addHelpText('after', '\nExamples:\n  motey store backup /backup/motey.backup      (on a running node, or a stopped one)\n  motey store check                             (the others: on a stopped one)\n  motey store restore /backup/motey.backup --replace\n  motey store salvage /tmp/what-still-reads.backup');
}

const directoryOf = async (flags: ConfigFlags): Promise<string> => join((await loadConfig(flags)).config.dataDir, 'store');

function check(io: CliIo, end: CliContext['end']): Command {
	return withConfigOptions(new Command('check')).description('Verify everything in the store; changes nothing').action(async (flags: ConfigFlags) => {
		const directory = await stoppedDirectory(flags);
		const report = await checkStore(directory);
		if (report.kind === 'sound') {
			io.stdout.write(`${directory} is sound: ${report.objects} objects at revision ${report.revision}, history from ${report.oldestRevision}\n`);
			return;
		}
		io.stdout.write(`${directory} is damaged:\n${report.problems.map(problem => `  ${problem}\n`).join('')}restore a backup (motey store restore FILE --replace), or save what still reads (motey store salvage FILE)\n`);
		end(damagedExitCode);
	});
}

function backup(io: CliIo): Command {
	return withConfigOptions(new Command('backup')).argument('<file>', 'where to; replaced only once the new one is complete').description('Write all objects into one file').action(async (file: string, flags: ConfigFlags) => {
		const {config} = await loadConfig(flags);
		const running = await readRunState(config.runDir);
		const report = running ? await requestBackup(running, resolve(file)) : await backupStore(await directoryOf(flags), resolve(file));
		io.stdout.write(`${file}: ${report.objects} objects at revision ${report.revision}\n`);
	});
}

function restore(io: CliIo): Command {
	return withConfigOptions(new Command('restore')).argument('<file>', 'a backup').description('Make the store of a backup; containers it does not know keep running')
		.option('--replace', 'also where there is a store; the old one is kept beside it')
		.action(async (file: string, flags: ConfigFlags & {replace?: boolean}) => {
			const report = await restoreStore(resolve(file), await stoppedDirectory(flags), {replace: flags.replace === true});
			io.stdout.write(`restored ${report.objects} objects; the store is now at revision ${report.revision}\n${report.replaced === undefined ? '' : `what was there is kept in ${report.replaced}\n`}next: motey start; motey node orphans lists what runs without being known\n`);
		});
}

function salvage(io: CliIo): Command {
	return withConfigOptions(new Command('salvage')).argument('<file>', 'where to').description('Write what still reads of a damaged store into a backup').action(async (file: string, flags: ConfigFlags) => {
		const report = await salvageStore(await stoppedDirectory(flags), resolve(file));
		const lines = [
			`${file}: ${report.objects} objects saved${report.fromHistory.length > 0 ? `, ${report.fromHistory.length} of them from the history` : ''}`,
			...report.lost.map(key => `  lost: ${key}`),
			...(report.missing !== undefined && report.missing > 0 ? [`  ${report.missing} more are missing without a trace`] : []),
			`next: motey store restore ${file} --replace`,
		];
		io.stdout.write(`${lines.join('\n')}\n`);
	});
}

async function stoppedDirectory(flags: ConfigFlags): Promise<string> {
	const {config} = await loadConfig(flags);
	const running = await readRunState(config.runDir);
	if (running) throw new DaemonError(`node ${running.name} has the store open (pid ${running.pid}): stop it first with motey stop; its containers keep running`);
	return join(config.dataDir, 'store');
}
