import type {CliContext} from '../../api/cli/verb.js';
import {execFile} from 'node:child_process';
import {access, writeFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {Command} from 'commander';
import {ConfigError} from '../config/errors.js';
import {loadConfig} from '../config/load.js';
import {systemdUnit} from '../systemd-unit.js';

const run = promisify(execFile);
const unitFile = '/etc/systemd/system/motey.service';

/** `motey install`: writes and enables the systemd unit, so that the node comes back at boot. Repeating it is harmless. */
export function build({io}: CliContext): Command {
	return new Command('install')
		.description('Write and enable the systemd unit, so that this node comes back at boot')
		.option('--config <file>', 'configuration file the unit names')
		.option('--print', 'only print the unit')
		.option('--no-start', 'enable it without starting it now')
		.addHelpText('after', '\nExamples:\n  sudo motey install\n  motey install --print\n  sudo motey install --config /etc/motey/motey.yaml --no-start')
		.action(async (flags: {config?: string; print?: boolean; start: boolean}) => {
			// A unit for a configuration that does not load would fail at every boot.
			await loadConfig({config: flags.config});
			const unit = systemdUnit({
				node: process.execPath,
				program: fileURLToPath(new URL('../bin.js', import.meta.url)),
				args: flags.config === undefined ? [] : ['--config', flags.config],
			});
			if (flags.print === true) {
				io.stdout.write(unit);
				return;
			}
			if (process.getuid?.() !== 0) throw new ConfigError('motey install writes to /etc/systemd/system: run it as root, or see the unit with --print');
			await access('/run/systemd/system').catch(() => {
				throw new ConfigError('this host is not run by systemd; see the unit with --print and start "motey start" by your own init');
			});
			await writeFile(unitFile, unit, {mode: 0o644});
			await run('systemctl', ['daemon-reload']);
			await run('systemctl', ['enable', ...(flags.start ? ['--now'] : []), 'motey.service']);
			io.stdout.write(`${unitFile} written and enabled${flags.start ? ', and the node started' : ''}\nlook at it with: systemctl status motey\n`);
		});
}
