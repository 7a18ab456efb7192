import {hash as digest, randomBytes, timingSafeEqual} from 'node:crypto';
import type {Store} from '../../store/store.js';
import type {Role, Token} from '../../store/resources/token.js';
import type {Identity} from './identity.js';

/** SHA-256 of a secret, as the store keeps it: 64 hexadecimal digits. A secret has 256 random bits, so no salt or stretching is needed. */
export function hashSecret(secret: string): string {
	return digest('sha256', secret, 'hex');
}

/** A new secret: 32 random bytes, base64url, 43 characters. */
export function createSecret(): string {
	return randomBytes(32).toString('base64url');
}

/** The record of a secret, to be put into the store, which fills what belongs to it. `expiresAt` absent means never. */
export function tokenRecord(options: {readonly name: string; readonly secret: string; readonly role: Role; readonly now: Date; readonly ttlSeconds?: number}): Token {
	const {name, secret, role, now, ttlSeconds} = options;
	const expiresAt = ttlSeconds === undefined ? {} : {expiresAt: timestamp(new Date(now.getTime() + ttlSeconds * 1000))};
	return {
		apiVersion: 'motey.io/v1',
		kind: 'Token',
		metadata: {name, uid: '', resourceVersion: '0', generation: 1, creationTimestamp: timestamp(now)},
		spec: {role, sha256: hashSecret(secret), ...expiresAt},
	};
}

/** The secret in an `Authorization` header; undefined when there is none, or it is not a bearer token of sensible size. */
export function bearerOf(authorization: string | undefined): string | undefined {
	return /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/iu.exec(authorization ?? '')?.[1];
}

/** Whose secret it is; undefined when it is nobody's, or has expired at `now`. Takes the same time whichever byte is wrong. */
export function identify(store: Pick<Store, 'lookup'>, secret: string, now: Date): Identity | undefined {
	const hash = hashSecret(secret);
	const token = store.lookup('Token', 'secret', hash).find(one => timingSafeEqual(Buffer.from(one.spec.sha256), Buffer.from(hash)));
	if (!token || (token.spec.expiresAt !== undefined && Date.parse(token.spec.expiresAt) <= now.getTime())) return undefined;
	return {name: token.metadata.name, role: token.spec.role};
}

function timestamp(date: Date): string {
	return date.toISOString().replace(/\.\d+Z$/u, 'Z');
}
