import {InvalidArgumentError, Option, type Command} from 'commander';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {download} from '../copy/download.js';
import {Perseverance} from '../copy/perseverance.js';
import {endsOf} from '../copy/place.js';
import {Progress} from '../copy/progress.js';
import {remoteFiles} from '../copy/remote-files.js';
import {planDownload, planUpload} from '../copy/trees.js';
import {upload} from '../copy/upload.js';
import {warn} from '../io.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly mode: number;
	readonly timeout: number;
}

/** `motey cp`. */
export function build({io}: CliContext): Command {
	return clientVerb('cp', {
		summary: 'copy files to a node, or from one',
		examples: ['motey cp report.csv attic:report.csv', 'motey cp attic:measurements .', 'motey cp --mode 644 site/ attic:/srv/site'], namespaced: false,
	})
		.argument('<from>', 'PATH, or NODE:PATH; a directory is copied with all below it, and with a slash at its end by what is in it')
		.argument('<to>', 'NODE:PATH, or PATH; a path of a node that does not begin with / is below the first folder it allows')
		.addOption(new Option('--mode <octal>', 'permissions of what is written').argParser(modeOf).default(0o600, '600'))
		.addOption(timeoutOption('how long to try again while nothing comes through', '10m'))
		.action(async (from: string, to: string, {mode, timeout, ...options}: Options) => {
			const {here, there, direction} = endsOf(from, to);
			const {client} = await connect(options, io);
			const files = remoteFiles(client, there.node, io.signal);
			let progress: Progress | undefined;
			const perseverance = new Perseverance({signal: io.signal, patienceMs: timeout, onTrouble: message => progress?.trouble(message)});
			const {steps, skipped, empty} = direction === 'up' ? await planUpload(files, here, there.path) : await planDownload(files, there.path, here);
			for (const line of skipped) warn(io, line);
			for (const path of empty) await perseverance.run(async () => files.makeFolder(path));
			try {
				for (const step of steps) {
					const far = `${there.node}:${step.there}`;
					progress = new Progress(io, direction === 'up' ? `${step.here} → ${far}` : `${far} → ${step.here}`);
					const common = {files, mode, perseverance, progress};
					if (direction === 'up') await upload({...common, source: step.here, path: step.there});
					else await download({...common, path: step.there, target: step.here});
				}
			} catch (error) {
				await files.letGo();
				if (io.signal.aborted) warn(io, 'interrupted; the same command goes on where this one ends');
				throw error;
			}
		});
}

/** Parses permissions such as 644: no bits that change who runs a program. */
function modeOf(text: string): number {
	if (!/^0?[0-7]{3}$/u.test(text)) throw new InvalidArgumentError('Write permissions as three octal digits, such as 644.');
	return Number.parseInt(text, 8);
}
