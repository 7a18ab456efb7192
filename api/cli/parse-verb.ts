import {CommanderError, type Command} from 'commander';
import {exitCodes} from './exit-codes.js';
import {warn, type CliIo} from './io.js';

/** Runs a verb's command on its arguments. Answers an exit code when the arguments decided it (help, wrong usage), else undefined; throws what the verb throws. */
export async function parseVerb(command: Command, argv: readonly string[], io: CliIo): Promise<number | undefined> {
	prepare(command, io);
	try {
		await command.parseAsync([...argv], {from: 'user'});
		return undefined;
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		if (error.exitCode === 0 || error.code === 'commander.help') return exitCodes.ok;
		warn(io, `\`motey ${fullName(command)} --help\` shows how it is used.`);
		return exitCodes.usage;
	}
}

function prepare(command: Command, io: CliIo): void {
	command
		.exitOverride()
		.showSuggestionAfterError(true)
		.configureHelp({commandUsage: shown => `motey ${fullName(shown)} ${shown.usage()}`})
		.configureOutput({writeOut: text => io.stdout.write(text), writeErr: text => io.stderr.write(text)});
	for (const child of command.commands) prepare(child, io);
}

function fullName(command: Command): string {
	return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}
