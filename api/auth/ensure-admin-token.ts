import {randomUUID} from 'node:crypto';
import {link, mkdir, open, readFile, rm} from 'node:fs/promises';
import {dirname} from 'node:path';
import type {Store} from '../../store/store.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import {createSecret, hashSecret, tokenRecord} from './token.js';

/** Its name on nodes that were made before there were clusters; such a token stays valid. */
const formerName = 'admin';

/** The name of the token made at first start: another on every node, because tokens are known to all nodes of a cluster. */
export const adminTokenName = (nodeId: string): string => `admin-${nodeId.slice(0, 6)}`;

/**
 * Sees to it that `file` holds the secret of an admin token that the store knows, and returns the secret.
 * The file is made with mode 0600 and never overwritten. A file that is there already is what counts: its hash is put back when the store lacks it.
 * Rejects when the file can be neither read nor made, when it holds no secret, or as the store does.
 */
export async function ensureAdminToken({store, file, nodeId, now = () => new Date()}: {readonly store: Store; readonly file: string; readonly nodeId: string; readonly now?: () => Date}): Promise<string> {
	const secret = await readSecret(file) ?? await writeSecret(file, createSecret());
	const known = store.lookup('Token', 'secret', hashSecret(secret)).some(token => token.spec.role === 'admin' && token.spec.expiresAt === undefined);
	if (!known) {
		await store.transact(transaction => {
			// Its secret was in a file that is no more.
			const former = transaction.get('Token', {namespace: '', name: formerName});
			if (former && isOwnedBy(former, nodeId)) transaction.delete('Token', {namespace: '', name: formerName});
			transaction.put(tokenRecord({name: adminTokenName(nodeId), secret, role: 'admin', now: now()}));
		});
	}
	return secret;
}

async function readSecret(file: string): Promise<string | undefined> {
	const text = await readFile(file, 'utf8').catch((error: unknown) => {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
		throw error;
	});
	if (text === undefined) return undefined;
	const secret = text.trim();
	if (!/^[\w-]{43,}$/u.test(secret)) throw new Error(`${file} holds no token; remove it to have a new one made`);
	return secret;
}

/** Written beside and then linked: the file appears whole or not at all, and of two processes starting at once both use that of the first. */
async function writeSecret(file: string, secret: string): Promise<string> {
	await mkdir(dirname(file), {recursive: true, mode: 0o700});
	const draft = `${file}.${randomUUID()}`;
	try {
		await using handle = await open(draft, 'wx', 0o600);
		await handle.writeFile(`${secret}\n`);
		await handle.sync();
		await link(draft, file);
		return secret;
	} catch (error) {
		const first = await readSecret(file);
		if (first === undefined) throw error;
		return first;
	} finally {
		await rm(draft, {force: true});
	}
}
