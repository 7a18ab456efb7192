import {createHash, createPublicKey, generateKeyPairSync} from 'node:crypto';
import {join} from 'node:path';
import {readIfThere, writePrivateFile} from './private-file.js';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Who this node is. The id follows from the key, so nobody else can have it; a new name, address or clock changes nothing. */
export interface Identity {
	/** 26 characters of base32: the first 128 bits of the SHA-256 of the public key. */
	readonly id: string;
	/** Ed25519, PEM. */
	readonly privateKey: string;
}

/** The identity below `dataDirectory`, made at first start. */
export async function loadIdentity(dataDirectory: string): Promise<Identity> {
	const path = join(dataDirectory, 'identity.key');
	const stored = await readIfThere(path);
	if (stored !== undefined) return {id: idOf(stored), privateKey: stored};
	const privateKey = generateKeyPairSync('ed25519').privateKey.export({type: 'pkcs8', format: 'pem'}).toString();
	await writePrivateFile(path, privateKey);
	return {id: idOf(privateKey), privateKey};
}

function idOf(privateKey: string): string {
	return idOfSpki(createPublicKey(privateKey).export({type: 'spki', format: 'der'}));
}

/** The id of the node that holds the private half of `identityKey` (Ed25519, raw 32 bytes, base64url); undefined when that is no key. */
export function idOfPublicKey(identityKey: string): string | undefined {
	try {
		return idOfSpki(createPublicKey({key: {kty: 'OKP', crv: 'Ed25519', x: identityKey}, format: 'jwk'}).export({type: 'spki', format: 'der'}));
	} catch {
		return undefined;
	}
}

function idOfSpki(publicKey: Uint8Array): string {
	return base32(createHash('sha256').update(publicKey).digest().subarray(0, 16));
}

/** RFC 4648 base32 in lower case without padding. */
function base32(bytes: Uint8Array): string {
	let bits = 0;
	let value = 0;
	let text = '';
	for (const byte of bytes) {
		value = (value << 8) | byte;
		bits += 8;
		while (bits >= 5) {
			text += alphabet.charAt((value >>> (bits - 5)) & 31);
			bits -= 5;
		}
		value &= (1 << bits) - 1;
	}
	return bits > 0 ? text + alphabet.charAt((value << (5 - bits)) & 31) : text;
}
