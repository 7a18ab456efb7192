import {z} from 'zod';
import type {ContainerBody} from '../container-body.js';

interface Publication {
	readonly container: string;
	readonly HostIp?: string;
	/** A number, a range of which Docker takes the first free one, or empty for any free one. */
	readonly HostPort: string;
}

const portNumber = String.raw`\d{1,5}`;
const range = String.raw`${portNumber}(?:-${portNumber})?`;
const containerPort = new RegExp(String.raw`^(${portNumber})(?:/(tcp|udp|sctp))?$`, 'u');
const containerRange = new RegExp(String.raw`^(${range})(?:/(tcp|udp|sctp))?$`, 'u');
const hostPort = new RegExp(String.raw`^(?:(\[[^\]]+\]|[^:[\]]+):)?(${range})?$`, 'u');
const bad = (text: unknown): string => `${JSON.stringify(text)} is no port`;

function bounds(text: string): readonly [number, number] | undefined {
	const [first = '', last = first] = text.split('-');
	const [from, to] = [Number(first), Number(last)];
	return from >= 1 && to <= 65535 && from <= to ? [from, to] : undefined;
}

const validHost = (port: string): boolean => port === '' || port === '0' || bounds(port) !== undefined;
const bind = (container: string, port: string, address?: string): Publication => ({container, HostPort: port === '0' ? '' : port, ...(address === undefined || address === '' ? {} : {HostIp: address.replace(/^\[|\]$/gu, '')})});

function fromMapping(key: string, value: unknown): readonly Publication[] | undefined {
	const match = containerPort.exec(key);
	if (match === null || bounds(match[1] ?? '') === undefined) return undefined;
	const container = `${match[1]}/${match[2] ?? 'tcp'}`;
	if (value === null || value === '') return [bind(container, '')];
	if (typeof value === 'number') return Number.isInteger(value) && validHost(String(value)) ? [bind(container, String(value))] : undefined;
	if (typeof value === 'string') {
		const host = hostPort.exec(value);
		return host !== null && validHost(host[2] ?? '') ? [bind(container, host[2] ?? '', host[1])] : undefined;
	}
	const pair = z.tuple([z.string(), z.union([z.int(), z.string(), z.null()])]).safeParse(value);
	// docker-py's tuple (address, port); an address has a dot or a colon, a port has neither.
	if (pair.success && /[.:]/u.test(pair.data[0])) return validHost(String(pair.data[1] ?? '')) ? [bind(container, String(pair.data[1] ?? ''), pair.data[0])] : undefined;
	if (!Array.isArray(value)) return undefined;
	const all = value.map(entry => fromMapping(key, entry));
	return all.every(entry => entry !== undefined) ? all.flat() : undefined;
}

function fromShort(text: string): readonly Publication[] | undefined {
	const parts = /^(?:(.*):)?([^:]+)$/u.exec(text);
	const inner = containerRange.exec(parts?.[2] ?? '');
	const outer = parts?.[1] === undefined ? undefined : hostPort.exec(parts[1].replace(/:$/u, ':'));
	const within = bounds(inner?.[1] ?? '');
	if (inner === null || within === undefined || outer === null) return undefined;
	const protocol = inner[2] ?? 'tcp';
	const host = outer?.[2] ?? '';
	if (!validHost(host)) return undefined;
	const size = within[1] - within[0];
	if (size === 0) return [bind(`${within[0]}/${protocol}`, host, outer?.[1])];
	const hostBounds = host === '' ? undefined : bounds(host);
	if (hostBounds !== undefined && hostBounds[1] - hostBounds[0] !== size) return undefined;
	return Array.from({length: size + 1}, (_, index) => bind(`${within[0] + index}/${protocol}`, hostBounds === undefined ? '' : String(hostBounds[0] + index), outer?.[1]));
}

const LongForm = z.strictObject({
	target: z.int().min(1).max(65535),
	published: z.union([z.int().min(0).max(65535), z.string()]).optional(),
	protocol: z.enum(['tcp', 'udp', 'sctp']).default('tcp'),
	host_ip: z.string().optional(),
	mode: z.enum(['host', 'ingress']).optional(),
	name: z.string().optional(),
	app_protocol: z.string().optional(),
});

function fromEntry(entry: unknown): readonly Publication[] | undefined {
	if (typeof entry === 'number' || typeof entry === 'string') return fromShort(String(entry));
	const long = LongForm.safeParse(entry);
	if (!long.success || !validHost(String(long.data.published ?? ''))) return undefined;
	return [bind(`${long.data.target}/${long.data.protocol}`, String(long.data.published ?? ''), long.data.host_ip)];
}

const how = 'write {80/tcp: 8080}, {80/tcp: 8080-8089} for the first free one of a range, {80/tcp: null} for any free one, {80/tcp: 127.0.0.1:8080}, or Compose\'s "8080:80"';

/** Published ports, docker-py's map or Compose's list. */
export const Ports = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())], {error: `must be a map or a list; ${how}`}).transform((value, context): readonly Publication[] => {
	const read = Array.isArray(value)
		? value.map((entry, index) => ({key: index, publications: fromEntry(entry), shown: entry}))
		: Object.entries(value).map(([key, entry]) => ({key, publications: fromMapping(key, entry), shown: `${key}: ${JSON.stringify(entry)}`}));
	for (const {key, publications, shown} of read) if (publications === undefined) context.addIssue({code: 'custom', path: [key], message: `${bad(shown)}; ${how}`});
	return read.flatMap(({publications}) => publications ?? []);
});

/** Ports as the body has them. */
export function placePorts(publications: readonly Publication[]): ContainerBody {
	const bindings: Record<string, {HostIp?: string; HostPort: string}[]> = {};
	for (const {container, ...binding} of publications) (bindings[container] ??= []).push(binding);
	return {ExposedPorts: Object.fromEntries(Object.keys(bindings).map(port => [port, {}])), HostConfig: {PortBindings: bindings}};
}

/** Ports that are opened between containers only. */
export const Expose = z.array(z.union([z.int().min(1).max(65535).transform(String), z.string()]), {error: 'must be a list of ports'}).transform((value, context): readonly string[] => value.map((entry, index) => {
	const match = containerPort.exec(entry);
	if (match !== null && bounds(match[1] ?? '') !== undefined) return `${match[1]}/${match[2] ?? 'tcp'}`;
	context.addIssue({code: 'custom', path: [index], message: bad(entry)});
	return entry;
}));
