import type {CliContext} from '../../api/cli/verb.js';
import {access, writeFile} from 'node:fs/promises';
import {resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {Command} from 'commander';
import {ConfigError} from '../config/errors.js';
import {loadConfig} from '../config/load.js';
import {readRunState} from '../run-state.js';
import {systemctl, unitName} from '../systemctl.js';
import {systemdUnit} from '../systemd-unit.js';
import {stopNode} from './stop.js';

const unitFile = `/etc/systemd/system/${unitName}`;

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
			const {config} = await loadConfig({config: flags.config});
			const unit = systemdUnit({
				node: process.execPath,
				program: fileURLToPath(new URL('../bin.js', import.meta.url)),
				args: flags.config === undefined ? [] : ['--config', resolve(flags.config)],
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
			await systemctl('daemon-reload');
			await systemctl('enable', unitName);
			if (flags.start) {
				// One that was started by hand holds store and ports: the unit would start, find it and end, over and over.
				const running = await readRunState(config.runDir);
				if (running?.supervised === false) io.stdout.write(`${await stopNode(config.runDir)}\n`);
				await systemctl('restart', unitName);
			}
			io.stdout.write(`${unitFile} written and enabled${flags.start ? ', and the node started' : ''}\nlook at it with: systemctl status motey\n`);
		});
}
