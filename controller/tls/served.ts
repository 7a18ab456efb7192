import type {Listeners} from '../listeners.js';
import {loadTls, readAuthority, replaceAuthority, type TlsMaterial, type TlsOptions} from './load.js';
import type {KeyPair} from './make-certificates.js';

/** The TLS material in force, while the node runs. */
export interface ServedTls {
	readonly material: TlsMaterial;
	/** The authority with its private key. */
	read(): Promise<KeyPair>;
	/** Takes another authority, and shows a certificate of it from then on. */
	replace(authority: KeyPair): Promise<void>;
	/** Serves TLS under a further name or address of this host. Throws `ConfigError` when it cannot listen there. */
	serve(address: string): Promise<void>;
}

/** Loads the material; see `loadTls`. What changes later is shown by the listeners at once. */
export async function openServedTls(options: Omit<TlsOptions, 'now'> & {readonly now: () => Date; readonly listeners: () => Pick<Listeners, 'renew' | 'listenOn'>}): Promise<ServedTls> {
	const {directory, nodeName, now, listeners} = options;
	const names = new Set(options.names);
	const load = async (): Promise<TlsMaterial> => loadTls({directory, nodeName, names: [...names], now: now()});
	let material = await load();
	const renew = async (): Promise<void> => {
		material = await load();
		listeners().renew(material);
	};
	return {
		get material() {
			return material;
		},
		read: async () => readAuthority(directory),
		async replace(authority) {
			await replaceAuthority(directory, authority);
			await renew();
		},
		async serve(address) {
			names.add(address);
			await renew();
			await listeners().listenOn(address);
		},
	};
}
