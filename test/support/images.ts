import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {readFile} from 'node:fs/promises';
import {Readable} from 'node:stream';
import {buffer} from 'node:stream/consumers';
import type Dockerode from 'dockerode';
import {pack} from 'tar-stream';

/** The images that tests run: made here from Debian's static busybox, since a test fetches nothing from outside. */
export const testImages = {
	/** Every applet; without a command it idles and ends at once on SIGTERM. */
	busybox: 'motey-test/busybox:1',
	/** Serves `motey-test/web:1` and a line feed at `/` on port 80; ends at once on SIGTERM. */
	web: 'motey-test/web:1',
	/** As `web`, but serves `motey-test/web:2`. */
	web2: 'motey-test/web:2',
	/** Ends at once with the code in `EXIT_CODE`, 1 when unset, after printing `exiting with <code>`. */
	exit: 'motey-test/exit:1',
	/** Idles; healthy (checked each second, unhealthy after 2 failures) while `/tmp/healthy` exists; `HEALTHY=yes` creates it at start. */
	health: 'motey-test/health:1',
} as const;

const busyboxPath = '/bin/busybox';
const script = (...lines: string[]): string => ['#!/bin/sh', ...lines, ''].join('\n');

// The kernel ignores SIGTERM for a PID 1 that has no handler, hence a shell with a trap that waits in the background.
const obedient = (command: string): string => script("trap 'exit 0' TERM INT", `${command} &`, 'wait');

interface Recipe {
	readonly files: Readonly<Record<string, string>>;
	readonly changes: readonly string[];
}

const web = (page: string): Recipe => ({
	files: {'www/index.html': `${page}\n`, start: obedient('httpd -f -p 80 -h /www')},
	changes: ['CMD ["/start"]', 'EXPOSE 80/tcp'],
});

const recipes: Readonly<Record<string, Recipe>> = {
	[testImages.busybox]: {files: {start: obedient('sleep 1000000')}, changes: ['CMD ["/start"]']},
	[testImages.web]: web(testImages.web),
	[testImages.web2]: web(testImages.web2),
	[testImages.exit]: {
		files: {start: script('echo "exiting with ${EXIT_CODE:-1}"', 'exit "${EXIT_CODE:-1}"')},
		changes: ['CMD ["/start"]'],
	},
	[testImages.health]: {
		files: {start: script('if [ "$HEALTHY" = yes ]; then touch /tmp/healthy; fi', ...obedient('sleep 1000000').split('\n').slice(1))},
		changes: ['CMD ["/start"]', 'HEALTHCHECK --interval=1s --timeout=5s --retries=2 CMD ["test", "-f", "/tmp/healthy"]'],
	},
};

async function archive(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
	const tar = pack();
	for (const name of ['bin', 'etc', 'root', 'var', 'www']) tar.entry({name, type: 'directory', mode: 0o755});
	tar.entry({name: 'tmp', type: 'directory', mode: 0o1777});
	tar.entry({name: 'bin/busybox', mode: 0o755}, await readFile(busyboxPath));
	const applets = execFileSync(busyboxPath, ['--list'], {encoding: 'utf8'}).split('\n').filter(name => name !== '' && name !== 'busybox');
	for (const applet of applets) tar.entry({name: `bin/${applet}`, type: 'symlink', linkname: 'busybox'});
	tar.entry({name: 'etc/passwd'}, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/tmp:/bin/sh\n');
	tar.entry({name: 'etc/group'}, 'root:x:0:\nnobody:x:65534:\n');
	for (const [name, content] of Object.entries(files)) tar.entry({name, mode: 0o755}, content);
	tar.finalize();
	return buffer(tar);
}

async function loadImage(docker: Dockerode, reference: string, recipe: Recipe): Promise<void> {
	const label = createHash('sha256').update(JSON.stringify(recipe)).digest('hex');
	const made = await docker.listImages({filters: {reference: [reference], label: [`motey-test.recipe=${label}`]}});
	if (made.length > 0) return;
	const [repo, tag] = reference.split(':');
	const changes = [...recipe.changes, `LABEL motey-test.recipe=${label}`, 'ENV PATH=/bin'].join('\n');
	const reply = await docker.importImage(Readable.from([await archive(recipe.files)]), {repo, tag, changes});
	await new Promise<void>((resolve, reject) => {
		docker.modem.followProgress(reply, error => error ? reject(error) : resolve());
	});
}

/** Makes the images of `testImages` on `docker`, all by default. Safe to repeat: an image made from the same recipe is left as it is. */
export async function loadTestImages(docker: Dockerode, references: readonly string[] = Object.keys(recipes)): Promise<void> {
	for (const reference of references) await loadImage(docker, reference, recipes[reference]!);
}

/** Makes an image of its own, which idles as `busybox` does and holds these files besides; resolves with its id. Another one's name goes to it. */
export async function makeImage(docker: Dockerode, reference: string, files: Readonly<Record<string, string | Buffer>>): Promise<string> {
	const [repo, tag] = reference.split(':');
	const reply = await docker.importImage(Readable.from([await archive({...recipes[testImages.busybox]!.files, ...files})]), {repo, tag, changes: 'CMD ["/start"]\nENV PATH=/bin'});
	await new Promise<void>((resolve, reject) => {
		docker.modem.followProgress(reply, error => error ? reject(error) : resolve());
	});
	return (await docker.getImage(reference).inspect()).Id;
}
