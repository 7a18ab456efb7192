import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {rm, writeFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {join} from 'node:path';
import {promisify} from 'node:util';
import type {KeyPair} from '../../../controller/tls/make-certificates.js';
import {eventually} from '../../support/eventually.js';
import {freePort} from '../../support/free-port.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

const run = promisify(execFile);

/** Debian's Mosquitto as a process of the test's own, on a port of its own. Nothing of the machine's service is read or touched. */
export interface Mosquitto extends AsyncDisposable {
	readonly port: number;
	/** Ends the process by SIGKILL. */
	kill(): Promise<void>;
}

/** Without `secure` anybody may do anything. With it: TLS with that certificate, the given users, and the rules of the given file. */
export async function startMosquitto({port, secure}: {readonly port?: number; readonly secure?: {readonly server: KeyPair; readonly users: Readonly<Record<string, string>>; readonly rules: string}} = {}): Promise<Mosquitto> {
	const own = port ?? await freePort();
	const directory = await makeTempDirectory('motey-mosquitto-');
	const file = (name: string): string => join(directory.path, name);
	const lines = [
		`listener ${own} 127.0.0.1`, 'persistence false', 'log_type none',
		// It would become another user, who cannot read what lies in folders of this one.
		...(process.getuid?.() === 0 ? ['user root'] : []),
	];
	if (secure === undefined) lines.push('allow_anonymous true');
	else {
		const {server, users, rules} = secure;
		await writeFile(file('server.crt'), server.certificate);
		await writeFile(file('server.key'), server.privateKey);
		await writeFile(file('users'), Object.entries(users).map(([name, password]) => `${name}:${password}\n`).join(''));
		await run('mosquitto_passwd', ['-U', file('users')]);
		lines.push('allow_anonymous false', `password_file ${file('users')}`, `acl_file ${rules}`, `certfile ${file('server.crt')}`, `keyfile ${file('server.key')}`);
	}
	await writeFile(file('mosquitto.conf'), `${lines.join('\n')}\n`);
	const child = spawn('mosquitto', ['-c', file('mosquitto.conf')], {stdio: 'ignore', env: {...process.env, PATH: `${process.env['PATH']}:/usr/sbin`}});
	const ended = once(child, 'exit');
	await eventually(async () => {
		if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}`);
		const socket = connect(own, '127.0.0.1');
		await once(socket, 'connect');
		socket.destroy();
		return true;
	}, {what: 'mosquitto to listen', everyMs: 20, withinMs: 20_000});
	const kill = async (): Promise<void> => {
		child.kill('SIGKILL');
		await ended;
	};
	return {
		port: own, kill,
		async [Symbol.asyncDispose]() {
			await kill();
			await rm(directory.path, {recursive: true, force: true});
		},
	};
}
