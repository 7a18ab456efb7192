import {spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {buffer} from 'node:stream/consumers';
import {pack} from 'tar-stream';
import {exitCode} from '../exit-code.js';
import {systemErrorCode} from '../private-file.js';

/** Where Debian, Alpine and others keep a static busybox. */
const busyboxPaths = ['/bin/busybox', '/usr/bin/busybox', '/bin/busybox-static'];

/** An engine that hangs ends the demo, not the visitor's patience. */
const importMs = 60_000;

/** A page that says which instance served it, so that a visitor sees a replacement at work. */
const serve = `#!/bin/sh
mkdir -p /www
echo "$GREETING, served by $MOTEY_INSTANCE on $MOTEY_NODE" > /www/index.html
exec busybox httpd -f -p 80 -h /www
`;

/** What the demo needs of its host and did not find; the message says what to do. */
export class DemoError extends Error {
	override readonly name = 'DemoError';
	readonly code = 'DemoImpossible';
}

/** Makes the image `reference` from the host's static busybox on the engine at `dockerUrl`: nothing is pulled. Repeating it is harmless. `ballastBytes` make it greater. */
export async function importHelloImage({dockerUrl, reference, ballastBytes = 0}: {readonly dockerUrl: string; readonly reference: string; readonly ballastBytes?: number}): Promise<void> {
	const busybox = await findBusybox();
	const archive = pack();
	archive.entry({name: 'bin', type: 'directory', mode: 0o755});
	archive.entry({name: 'bin/busybox', mode: 0o755}, busybox);
	for (const applet of ['sh', 'mkdir', 'echo']) archive.entry({name: `bin/${applet}`, type: 'symlink', linkname: 'busybox'});
	archive.entry({name: 'serve', mode: 0o755}, serve);
	// Chance, which no transfer and no engine can make smaller.
	if (ballastBytes > 0) archive.entry({name: 'ballast'}, randomBytes(ballastBytes));
	archive.finalize();
	const bytes = await buffer(archive);
	// Not `timeout`, whose timer keeps the process when the program could not be started.
	const deadline = AbortSignal.timeout(importMs);
	const docker = spawn('docker', ['-H', dockerUrl, 'import', '--change', 'CMD ["/serve"]', '--change', 'ENV PATH=/bin', '-', reference], {stdio: ['pipe', 'ignore', 'inherit'], signal: deadline});
	// A docker that ends early breaks the pipe; how it ended says more than that.
	docker.stdin.on('error', () => undefined).end(bytes);
	const code = await exitCode(docker).catch((error: unknown) => {
		if (deadline.aborted) throw new DemoError(`docker import of ${reference} did not end within ${importMs / 1000} s`, {cause: error});
		throw new DemoError(`the demo makes its image with the docker command, which cannot be run: ${String(error)}`, {cause: error});
	});
	if (code !== 0) throw new DemoError(`docker import of ${reference} failed; does "docker -H ${dockerUrl} version" work?`);
}

async function findBusybox(): Promise<Buffer> {
	for (const path of busyboxPaths) {
		const bytes = await readFile(path).catch((error: unknown) => {
			if (systemErrorCode(error) === 'ENOENT') return undefined;
			throw error;
		});
		// A dynamically linked program names its loader, and there is none in an image that holds only busybox.
		if (bytes !== undefined && !bytes.includes('/lib64/ld-linux') && !bytes.includes('/lib/ld-')) return bytes;
	}
	throw new DemoError('the demo makes its image from a static busybox and found none: apt-get install busybox-static');
}
