import {readFile} from 'node:fs/promises';
import {z} from 'zod';

/** Login of one registry, as `X-Registry-Auth` carries it. */
export interface Login {
	readonly username: string;
	readonly password: string;
	readonly serveraddress: string;
}

const File = z.object({auths: z.record(z.string(), z.object({auth: z.string().optional(), username: z.string().optional(), password: z.string().optional()})).default({})});

const docker = 'docker.io';

/** The registry that `reference` is pulled from: its first part when that is a host, Docker Hub otherwise. */
export function registryOf(reference: string): string {
	const [first = '', ...rest] = reference.split('/');
	return rest.length > 0 && (/[.:]/u.test(first) || first === 'localhost') ? first : docker;
}

const hostOf = (key: string): string => {
	const host = key.replace(/^https?:\/\//u, '').split('/')[0] ?? '';
	return ['index.docker.io', 'registry-1.docker.io', 'docker.io'].includes(host) ? docker : host;
};

/**
 * The login for the registry of `reference` from a file like Docker's `config.json`, or undefined when it has none.
 * The file is read at each pull, so that a new login needs no restart. A missing file is no login; one that cannot be read throws.
 */
export async function loginFor(reference: string, file: string): Promise<Login | undefined> {
	const text = await readFile(file, 'utf8').catch((error: unknown) => {
		if (z.object({code: z.literal('ENOENT')}).safeParse(error).success) return undefined;
		throw error;
	});
	if (text === undefined) return undefined;
	const registry = registryOf(reference);
	const [key, entry] = Object.entries(File.parse(JSON.parse(text)).auths).find(([host]) => hostOf(host) === registry) ?? [];
	if (key === undefined || entry === undefined) return undefined;
	const decoded = entry.auth === undefined ? undefined : Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/u, '');
	const colon = decoded?.indexOf(':') ?? -1;
	const username = decoded === undefined || colon < 0 ? entry.username : decoded.slice(0, colon);
	const password = decoded === undefined || colon < 0 ? entry.password : decoded.slice(colon + 1);
	return username === undefined || password === undefined ? undefined : {username, password, serveraddress: registry === docker ? 'https://index.docker.io/v1/' : registry};
}
