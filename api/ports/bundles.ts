import type {BundleSignature} from '../bundles/bundle-key.js';

/** A key whose bundles this node takes. */
export interface TrustedKey {
	/** Raw 32 bytes, base64url. */
	readonly key: string;
	readonly fingerprint: string;
	readonly name: string;
	/** `own`: the cluster's, or this node's while it is in none; such a key is not taken back. */
	readonly source: 'own' | 'admin';
}

/** Which nodes know of a change, by their names. */
export interface ToldNodes {
	readonly told: readonly string[];
	readonly missed: readonly string[];
}

/** Whose bundles this node takes, and the key with which it signs its own. */
export interface Bundles {
	/** Signs a manifest with the cluster's key, which all members trust; with this node's own while it is in no cluster. */
	sign(manifest: string): BundleSignature;
	keys(): readonly TrustedKey[];
	/** Trusts a key on this node and on every member that is reached. Repeating it gives it the new name. Throws `CallRefused` when there are too many. */
	trust(key: {readonly key: string; readonly name: string}): Promise<ToldNodes>;
	/** Trusts a key no more, here and on every member that is reached; undefined when none of them did. Throws `CallRefused` for a key of its own. */
	distrust(fingerprint: string): Promise<ToldNodes | undefined>;
}

/** An image that a node has. */
export interface ImagePlace {
	/** The node's name or id. */
	readonly node: string;
	/** `sha256:` and 64 digits. */
	readonly id: string;
	readonly signal: AbortSignal;
}

/** The archives of images that any node has. */
export interface ImageArchives {
	/** An archive as `docker save` writes it, whole when the loop ends. Throws `CallRefused`. */
	read(place: ImagePlace): AsyncIterable<Uint8Array>;
}
