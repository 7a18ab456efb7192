import {createHash, randomBytes, timingSafeEqual} from 'node:crypto';
import {ClusterError, type JoinTokenView} from '../../api/ports/cluster.js';
import type {JoinToken} from '../../store/resources/join-token.js';
import type {Store, Transaction} from '../../store/store.js';
import {timestamp} from '../../reconcilers/timestamp.js';

/** Permissions to join that this run of this agent gave. */
export class JoinTokens {
	readonly #store: Store;
	readonly #session: string;
	readonly #now: () => Date;

	constructor({store, session, now}: {readonly store: Store; readonly session: string; readonly now: () => Date}) {
		this.#store = store;
		this.#session = session;
		this.#now = now;
	}

	/** A new one, with its secret, which is never shown again. */
	async issue({ttlSeconds}: {readonly ttlSeconds: number}): Promise<{readonly id: string; readonly secret: string; readonly expiresAt: string}> {
		const id = randomBytes(5).toString('hex');
		const secret = randomBytes(32).toString('base64url');
		const now = this.#now();
		const expiresAt = timestamp(new Date(now.getTime() + ttlSeconds * 1000));
		await this.#store.transact(transaction => {
			// One that was used is kept as long as the node it took in may ask again.
			for (const stale of this.#store.list('JoinToken').items.filter(token => !this.#isInTime(token))) {
				transaction.delete('JoinToken', {namespace: '', name: stale.metadata.name});
			}
			transaction.put<JoinToken>({
				apiVersion: 'motey.io/v1', kind: 'JoinToken',
				metadata: {name: id, uid: '', resourceVersion: '', generation: 1, creationTimestamp: timestamp(now)},
				spec: {sha256: hash(secret), expiresAt, session: this.#session},
			});
		});
		return {id, secret, expiresAt};
	}

	list(): readonly JoinTokenView[] {
		return this.#store.list('JoinToken').items.map(token => ({id: token.metadata.name, expiresAt: token.spec.expiresAt, state: this.#stateOf(token)}));
	}

	/** Ends one at once. Absent is success. */
	async revoke(id: string): Promise<void> {
		await this.#store.transact(transaction => transaction.delete('JoinToken', {namespace: '', name: id}));
	}

	/**
	 * Uses one up for a node, in the transaction that takes the node in. True when this very node has used it before and asks again within its
	 * time, because the answer may have been lost: it is to be told the same, and nothing new follows from it. Throws `ClusterError`.
	 */
	consume(transaction: Transaction, {id, secret, identityKey}: {readonly id: string; readonly secret: string; readonly identityKey: string}): boolean {
		const token = transaction.get('JoinToken', {namespace: '', name: id});
		const isKnown = token !== undefined && timingSafeEqual(Buffer.from(token.spec.sha256), Buffer.from(hash(secret)));
		if (isKnown && token.spec.usedBy === identityKey && this.#isInTime(token)) return true;
		if (!isKnown || this.#stateOf(token) !== 'valid') {
			throw new ClusterError('Forbidden', `this join token is ${isKnown ? saying[this.#stateOf(token)] : 'not known here'}`, {fix: 'A token is good for one node, for an hour, and until the agent that issued it ends: make a new one with `motey cluster token` there.'});
		}
		transaction.put<JoinToken>({...token, spec: {...token.spec, usedBy: identityKey}});
		return false;
	}

	/** Issued by this run of this agent, and not expired. */
	#isInTime({spec: {session, expiresAt}}: JoinToken): boolean {
		return session === this.#session && Date.parse(expiresAt) > this.#now().getTime();
	}

	#stateOf({spec: {usedBy, session, expiresAt}}: JoinToken): JoinTokenView['state'] {
		if (usedBy !== undefined) return 'used';
		if (session !== this.#session) return 'void';
		return Date.parse(expiresAt) <= this.#now().getTime() ? 'expired' : 'valid';
	}
}

const saying = {valid: 'valid', used: 'used up', expired: 'expired', void: 'void, because its agent has been restarted'} as const;

const hash = (secret: string): string => createHash('sha256').update(secret).digest('hex');
