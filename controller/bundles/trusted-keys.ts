import {join} from 'node:path';
import {z} from 'zod';
import {BundleKey, fingerprintOf} from '../../api/bundles/bundle-key.js';
import {ConfigError} from '../config/errors.js';
import {readIfThere, writePrivateFile} from '../private-file.js';

/** A key whose bundles are taken, and what the admin calls it. */
export const NamedKey = z.strictObject({key: BundleKey, name: z.string().min(1).max(63)}).readonly();
export type NamedKey = z.infer<typeof NamedKey>;
const KeysFile = z.strictObject({keys: z.array(NamedKey).readonly()}).readonly();

/** Enough for every maker of bundles; more is a mistake. */
const mostKeys = 100;

/** The keys that admins had this node trust, in a file of its data directory. */
export class TrustedKeys {
	readonly #path: string;
	#keys: readonly NamedKey[];

	/** Reads the file. Throws `ConfigError` when it cannot be read: whom to trust is not guessed. */
	static async open(dataDir: string): Promise<TrustedKeys> {
		const path = join(dataDir, 'bundle-keys.json');
		const text = await readIfThere(path);
		if (text === undefined) return new TrustedKeys(path, []);
		try {
			return new TrustedKeys(path, KeysFile.parse(JSON.parse(text)).keys);
		} catch (error) {
			throw new ConfigError(`${path} cannot be read as the keys whose bundles this node takes: ${error instanceof Error ? error.message : String(error)}; restore it, or remove it to trust only the fleet's own`);
		}
	}

	private constructor(path: string, keys: readonly NamedKey[]) {
		this.#path = path;
		this.#keys = keys;
	}

	get all(): readonly NamedKey[] {
		return this.#keys;
	}

	/** Adds a key, or gives it another name; it is on the disk when this resolves. Resolves with false when there are too many. */
	async add(added: NamedKey): Promise<boolean> {
		const others = this.#keys.filter(({key}) => key !== added.key);
		if (others.length >= mostKeys) return false;
		await this.#write([...others, added]);
		return true;
	}

	/** Resolves with false when it was not there. */
	async remove(fingerprint: string): Promise<boolean> {
		const left = this.#keys.filter(({key}) => fingerprintOf(key) !== fingerprint);
		if (left.length === this.#keys.length) return false;
		await this.#write(left);
		return true;
	}

	async #write(keys: readonly NamedKey[]): Promise<void> {
		await writePrivateFile(this.#path, JSON.stringify({keys}));
		this.#keys = keys;
	}
}
