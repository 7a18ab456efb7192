import {fork} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import express, {type Response} from 'express';
import {Level} from 'level';

/** What a program with nothing but express and LevelDB does, in a process of its own as Motey is. */
export interface BareServer extends AsyncDisposable {
	readonly port: number;
}

/** `GET /PATH` sends `bodies[PATH]`; `POST /put` writes the body with sync, sends it as a line to everyone who holds `GET /watch` open, and answers with it. */
export async function startBareServer(bodies: Readonly<Record<string, string>>): Promise<BareServer> {
	const directory = await mkdtemp(join(tmpdir(), 'motey-bench-bare-'));
	const child = fork(fileURLToPath(import.meta.url), [directory]);
	child.send(bodies);
	const [port] = await once(child, 'message') as [number];
	return {
		port,
		async [Symbol.asyncDispose]() {
			const exited = once(child, 'exit');
			child.kill('SIGKILL');
			await exited;
			await rm(directory, {recursive: true, force: true});
		},
	};
}

async function serve(directory: string): Promise<void> {
	const [bodies] = await once(process, 'message') as [Readonly<Record<string, string>>];
	const level = new Level(join(directory, 'db'));
	const watchers = new Set<Response>();
	let serial = 0;
	const application = express();
	for (const [path, body] of Object.entries(bodies)) {
		application.get(`/${path}`, (_request, response) => {
			response.type('json').send(body);
		});
	}
	application.get('/watch', (_request, response) => {
		response.writeHead(200).flushHeaders();
		watchers.add(response);
		response.once('close', () => watchers.delete(response));
	});
	application.post('/put', express.text({type: () => true}), async (request, response) => {
		const text = String(request.body);
		await level.put(`k${serial++}`, text, {sync: true});
		for (const watcher of watchers) watcher.write(`{"type":"ADDED","object":${text}}\n`);
		response.type('json').send(text);
	});
	const server = application.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
	process.once('disconnect', () => process.exit());
}

const [, program, directory] = process.argv;
if (program === fileURLToPath(import.meta.url) && directory !== undefined) await serve(directory);
