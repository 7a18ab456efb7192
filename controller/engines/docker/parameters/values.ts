import {z} from 'zod';

const byteUnits: Readonly<Record<string, number>> = {'': 1, b: 1, k: 1024, kb: 1024, ki: 1024, kib: 1024, m: 1024 ** 2, mb: 1024 ** 2, mi: 1024 ** 2, mib: 1024 ** 2, g: 1024 ** 3, gb: 1024 ** 3, gi: 1024 ** 3, gib: 1024 ** 3, t: 1024 ** 4, tb: 1024 ** 4, ti: 1024 ** 4, tib: 1024 ** 4};

/** Bytes as Docker reads them: `64m`, `1g`, `512kb`, or a number. Every unit is a power of 1024, as in Docker. */
export const Bytes = z.union([z.int().nonnegative(), z.string()], {error: 'must be a size such as 64m, or a number of bytes'}).transform((value, context) => {
	if (typeof value === 'number') return value;
	const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/u.exec(value.trim().toLowerCase());
	const unit = byteUnits[match?.[2] ?? '?'];
	if (match !== null && unit !== undefined) return Math.round(Number(match[1]) * unit);
	context.addIssue({code: 'custom', message: `${JSON.stringify(value)} is no size; write it as 64m, 1g, or a number of bytes`});
	return z.NEVER;
});

const nanosecondUnits: Readonly<Record<string, number>> = {ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9};

/** A duration in nanoseconds: a number of them as docker-py writes it, or Compose's `1m30s`. */
export const Nanoseconds = z.union([z.int().nonnegative(), z.string()], {error: 'must be a duration such as 10s'}).transform((value, context) => {
	if (typeof value === 'number') return value;
	const text = value.trim();
	if (/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/u.test(text)) {
		return Math.round([...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/gu)].reduce((sum, [, amount, unit]) => sum + Number(amount) * (nanosecondUnits[unit ?? ''] ?? 0), 0));
	}
	context.addIssue({code: 'custom', message: `${JSON.stringify(value)} is no duration; write it as 10s, 1m30s or 500ms`});
	return z.NEVER;
});

/** One string or a list of them. */
export const Strings = z.union([z.string().transform(value => [value]), z.array(z.string())], {error: 'must be a string or a list of strings'}).transform((value): readonly string[] => value);

/** A string, or an integer written without quotes. */
export const Text = z.union([z.string(), z.int().transform(String)], {error: 'must be a string'});

/** Splits a command line as a POSIX shell would, without expanding anything. Undefined when a quote is not closed. */
export function splitCommand(line: string): readonly string[] | undefined {
	const words: string[] = [];
	const word = /\s*((?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+)/uy;
	const end = line.trimEnd().length;
	while (word.lastIndex < end) {
		const match = word.exec(line);
		if (match === null) return undefined;
		words.push((match[1] ?? '').replaceAll(/'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/gu, (_, single?: string, double?: string, escaped?: string) => single ?? double?.replaceAll(/\\(["\\$`])/gu, '$1') ?? escaped ?? ''));
	}
	return words;
}

/** A command: a list, or one line that is split as a shell would split it. */
export const Command = z.union([z.string(), z.array(Text)], {error: 'must be a string or a list of strings'}).transform((value, context): readonly string[] => {
	const words = typeof value === 'string' ? splitCommand(value) : value;
	if (words !== undefined) return words;
	context.addIssue({code: 'custom', message: 'has a quote that is not closed'});
	return z.NEVER;
});

const unquoted = 'must be a string or an integer; YAML readers differ about 1.10, yes and 010, so quote it';

/** Environment as a map or as `KEY=value` lines. Only strings and integers: what else YAML makes of a bare word differs between readers. */
export const Environment = z.union([
	z.record(z.string().regex(/^[^=]+$/u, 'a variable\'s name has no "="'), z.union([z.string(), z.int(), z.null()], {error: unquoted})),
	z.array(z.string({error: unquoted})),
], {error: issue => Array.isArray(issue.input) || (typeof issue.input === 'object' && issue.input !== null) ? unquoted : 'must be a map, or a list of KEY=value'}).transform((value, context): readonly string[] => {
	if (!Array.isArray(value)) return Object.entries(value).map(([key, entry]) => `${key}=${entry ?? ''}`);
	value.forEach((line, index) => {
		if (!/^[^=]+=/u.test(line)) context.addIssue({code: 'custom', path: [index], message: `${JSON.stringify(line)} must be KEY=value; nothing is taken from the node's own environment`});
	});
	return value;
});

/** Labels as a map or as `key=value` lines; those of Motey itself are not the user's. */
export const Labels = z.union([z.record(z.string(), Text), z.array(z.string())], {error: 'must be a map of strings, or a list of key=value'}).transform((value, context): Readonly<Record<string, string>> => {
	const labels: Record<string, string> = Array.isArray(value) ? Object.fromEntries(value.map(line => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1 || line.length)])) : value;
	for (const key of Object.keys(labels)) {
		if (key.startsWith('motey.io/')) context.addIssue({code: 'custom', path: [key], message: 'labels that begin with motey.io/ are Motey\'s own'});
	}
	return labels;
});

/** `host:address` lines or a map of them. */
export const ExtraHosts = z.union([z.array(z.string().regex(/^[^:=]+[:=].+$/u, 'must be HOST:ADDRESS')), z.record(z.string(), z.string())], {error: 'must be a map of host to address, or a list of HOST:ADDRESS'})
	.transform((value): readonly string[] => Array.isArray(value) ? value.map(line => line.replace('=', ':')) : Object.entries(value).map(([host, address]) => `${host}:${address}`));

/** Sysctls or driver options: a map of strings, or `key=value` lines. */
export const Options = z.union([z.record(z.string(), Text), z.array(z.string().regex(/^[^=]+=/u, 'must be KEY=value')).transform(lines => Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])))], {error: 'must be a map of strings, or a list of KEY=value'})
	.transform((value): Readonly<Record<string, string>> => value);
