import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {unmountBelow} from './mounts.js';

/** A file system of its own and of a known size, to fill up, take away or cut the power of. */
export interface SmallDisk extends AsyncDisposable {
	/** Where it is mounted. */
	readonly path: string;
	/** Mounts it again after `powerCut` or `unmount`; the file system then replays its journal, as after a real one. */
	readonly mount: () => void;
	readonly unmount: () => void;
	/** From here on the file system refuses everything, and what was not synced is lost. Only for `mountExt4`. */
	readonly powerCut: () => void;
}

/** EXT4_IOC_SHUTDOWN, from the kernel's fs/ext4/ext4.h: _IOR('X', 125, __u32). Perl, since every Debian has it and Node has no ioctl. */
const shutdown = 'open(my $d, "<", $ARGV[0]) or die $!; my $how = pack("L", 2); ioctl($d, 0x8004587d, $how) or die $!';

const run = (file: string, ...args: string[]): string => execFileSync(file, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe']});

/** False while somebody uses it. */
function unmounted(path: string): boolean {
	try {
		run('umount', path);
		return true;
	} catch {
		return false;
	}
}

function openDisk(mountArguments: (image: string) => readonly string[], prepare: (image: string) => void): SmallDisk {
	const directory = mkdtempSync(join(tmpdir(), 'disk-'));
	const path = join(directory, 'mnt');
	const image = join(directory, 'image');
	const mount = (): void => {
		run('mount', ...mountArguments(image), path);
	};
	const disk: SmallDisk = {
		path,
		mount,
		unmount: () => {
			// Whoever was killed a moment ago may still hold it.
			for (let tries = 0; !unmounted(path); tries++) {
				if (tries === 200) run('umount', path);
				run('sleep', '0.05');
			}
			// A container that starts at this very moment copies the mounts for an instant, and keeps the dead file system alive with its copy.
			for (let tries = 0; tries < 200 && existsSync(image) && run('losetup', '-j', image) !== ''; tries++) run('sleep', '0.05');
		},
		powerCut: () => {
			// 2 is EXT4_GOING_FLAGS_NOLOGFLUSH: not even the journal reaches the disk.
			run('perl', '-e', shutdown, path);
		},
		[Symbol.asyncDispose]: async () => {
			unmountBelow(directory);
			rmSync(directory, {recursive: true, force: true});
			return Promise.resolve();
		},
	};
	mkdirSync(path);
	prepare(image);
	mount();
	return disk;
}

/** Mounts a tmpfs of `sizeMiB`. It fills up as a disk does (ENOSPC) and forgets everything when it is unmounted. */
export const mountTmpfs = ({sizeMiB}: {readonly sizeMiB: number}): SmallDisk =>
	openDisk(() => ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs'], () => undefined);

/** Mounts a new ext4 of `sizeMiB` (at least 8) on a loop device, with a journal and nothing reserved for root. */
export const mountExt4 = ({sizeMiB}: {readonly sizeMiB: number}): SmallDisk =>
	openDisk(image => ['-t', 'ext4', '-o', 'loop', image], image => {
		writeFileSync(image, '');
		truncateSync(image, sizeMiB * 1024 * 1024);
		run('mkfs.ext4', '-q', '-m', '0', '-E', 'lazy_itable_init=0', image);
	});
