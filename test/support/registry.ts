import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type Dockerode from 'dockerode';
import {eventually} from './eventually.js';
import {freePort} from './free-port.js';
import {makeTempDirectory} from './temp-directory.js';

/** A registry on loopback that asks for a user and a password. */
export interface Registry extends AsyncDisposable {
	/** `127.0.0.1:<port>`; Docker speaks plain HTTP to it, as to every registry on loopback. */
	readonly address: string;
	readonly username: string;
	readonly password: string;
	/** Tags an image that `docker` has as `<address>/<name>`, pushes it, removes the tag again and returns it. */
	readonly push: (docker: Dockerode, image: string, name: string) => Promise<string>;
}

const username = 'motey';
const password = 'test-only';
/** bcrypt of `password`, by `htpasswd -nbB -C 5`; kept here so that no test needs apache2-utils. */
const htpasswd = `${username}:$2y$05$lJRHNWIp2.mAkz6IP0PTpu9pBmk3H4bNUkUQwKmQOwOxJjBuNhGZ6`;

/** Starts Debian's docker-registry on a free port; resolves when it answers. */
export async function startRegistry(): Promise<Registry> {
	const directory = await makeTempDirectory('registry-');
	const address = `127.0.0.1:${await freePort()}`;
	const htpasswdPath = join(directory.path, 'htpasswd');
	const configPath = join(directory.path, 'config.json');
	await writeFile(htpasswdPath, `${htpasswd}\n`);
	// The registry reads YAML, of which JSON is a part.
	await writeFile(configPath, JSON.stringify({
		version: '0.1',
		log: {level: 'error'},
		storage: {filesystem: {rootdirectory: join(directory.path, 'data')}, delete: {enabled: true}},
		http: {addr: address},
		auth: {htpasswd: {realm: 'motey-test', path: htpasswdPath}},
	}));
	const child = spawn('docker-registry', ['serve', configPath], {stdio: 'ignore'});
	const ended = once(child, 'exit');
	const dispose = async (): Promise<void> => {
		child.kill('SIGKILL');
		await ended;
		await directory[Symbol.asyncDispose]();
	};
	try {
		await eventually(async () => child.exitCode !== null || (await fetch(`http://${address}/v2/`)).status === 401, {what: `docker-registry at ${address}`});
		if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`);
	} catch (error) {
		await dispose();
		throw error;
	}
	return {
		address, username, password,
		push: async (docker, image, name) => {
			const [, path, tag = 'latest'] = /^(.*?)(?::([^:/]*))?$/.exec(`${address}/${name}`)!;
			await docker.getImage(image).tag({repo: path!, tag});
			const tagged = docker.getImage(`${path!}:${tag}`);
			const progress = await tagged.push({authconfig: {username, password, serveraddress: address}});
			await new Promise<void>((resolve, reject) => {
				docker.modem.followProgress(progress, error => error ? reject(error) : resolve());
			});
			await tagged.remove();
			return `${path!}:${tag}`;
		},
		[Symbol.asyncDispose]: dispose,
	};
}
