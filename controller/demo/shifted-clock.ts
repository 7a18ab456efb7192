import {readdir} from 'node:fs/promises';
import {join} from 'node:path';

const root = '/usr/lib';

/** Path of libfaketime, which gives a program another time than the machine's; undefined where it is not installed. */
export async function findFakeTime(): Promise<string | undefined> {
	for (const entry of await readdir(root)) {
		const folder = join(root, entry, 'faketime');
		const found = (await readdir(folder).catch(() => [])).find(name => name === 'libfaketimeMT.so.1');
		if (found !== undefined) return join(folder, found);
	}
	return undefined;
}

/** What is set for a program whose clock `library` begins at `clock`; what it takes for elapsed stays right. @see https://github.com/wolfcw/libfaketime */
export function shiftedClock({library, clock}: {readonly library: string; readonly clock: Date}): Readonly<Record<string, string>> {
	return {LD_PRELOAD: library, FAKETIME: `@${clock.toISOString().slice(0, 19).replace('T', ' ')}`, TZ: 'UTC', FAKETIME_DONT_FAKE_MONOTONIC: '1'};
}
