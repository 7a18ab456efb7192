/** One value somebody set, by dotted key, and where. */
export interface Setting {
	readonly key: string;
	readonly value: unknown;
	/** As a person reads it: `/etc/motey/motey.yaml`, `MOTEY_PORT`, `--port`, `default`. */
	readonly source: string;
}

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A nested object as settings, one per leaf. Lists are leaves. */
export function flatten(tree: unknown, source: string, prefix = ''): readonly Setting[] {
	if (!isTree(tree)) return [{key: prefix, value: tree, source}];
	return Object.entries(tree).flatMap(([name, value]) => flatten(value, source, prefix === '' ? name : `${prefix}.${name}`));
}

/** Settings as a nested object; of two with one key the later wins. */
export function nest(settings: readonly Setting[]): unknown {
	const root: Tree = {};
	for (const {key, value} of settings) {
		const path = key.split('.');
		const last = path.pop() ?? key;
		let at = root;
		for (const part of path) {
			const next = isTree(at[part]) ? at[part] : {};
			at[part] = next;
			at = next;
		}
		at[last] = value;
	}
	return root;
}

/** Where the value under `key` came from: the last setting of it, of something above it or below it; else the default. */
export function sourceOf(settings: readonly Setting[], key: string): string {
	return settings.findLast(setting => setting.key === key || key.startsWith(`${setting.key}.`) || setting.key.startsWith(`${key}.`))?.source ?? 'default';
}
