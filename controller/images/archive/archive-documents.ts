import {z} from 'zod';
import {ArchiveError} from './archive-error.js';
import {secondReading} from './one-reading.js';

const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/u);

const Manifest = z.array(z.object({Config: z.string(), RepoTags: z.array(z.string()).nullish(), Layers: z.array(z.string()).max(1000).nullish()}));
const Configuration = z.object({architecture: z.string().default(''), os: z.string().default(''), rootfs: z.object({diff_ids: z.array(Digest).max(1000).nullish()})});
const Index = z.object({manifests: z.array(z.object({digest: Digest, annotations: z.record(z.string(), z.string()).optional()})).max(100)});
const OciManifest = z.object({config: z.object({digest: Digest})});

/** No digest binds these two documents: whoever sends an archive writes them, and engines do what they say. */
const manifestKeys = ['Config', 'RepoTags', 'Layers', 'Parent', 'LayerSources'];
const indexKeys = ['manifests', 'digest', 'annotations', 'mediaType', 'platform', 'urls', 'data'];

/** The name that containerd gives an image: its own annotation, or else that of the standard, which with others is only a tag. */
function nameIn(annotations: Readonly<Record<string, string>> = {}): readonly string[] {
	const name = annotations['io.containerd.image.name'] ?? '';
	const standard = annotations['org.opencontainers.image.ref.name'] ?? '';
	return [name === '' ? standard : name].filter(text => text !== '');
}

/** Everything that was read of an archive, by the name it has there. */
export interface ArchiveParts {
	readonly texts: ReadonlyMap<string, {readonly text: string; readonly digest: string}>;
	readonly layers: ReadonlyMap<string, {readonly diffId: string}>;
	/** Links to layers, and where they lead. */
	readonly twins: ReadonlyMap<string, string>;
}

/** One image, as an archive brings it. */
export interface ArchivedImage {
	/** The ids under which an engine may know it: that of its configuration, and those of the manifests that name it. */
	readonly ids: readonly string[];
	/** Names that the engine would give it. */
	readonly references: readonly string[];
	/** As Docker says it: `linux/amd64`. */
	readonly platform: string;
}

/** Reads what an archive says of itself, and believes only what its content shows. Throws `ArchiveError`. */
export function imageOf({texts, layers, twins}: ArchiveParts): ArchivedImage {
	const [manifest, ...others] = parsed(Manifest, texts, 'manifest.json', manifestKeys);
	if (manifest === undefined) throw new ArchiveError('Malformed', 'manifest.json names no image');
	if (others.length > 0) throw new ArchiveError('Malformed', `it holds ${others.length + 1} images: save each of them by itself`);
	const configuration = texts.get(manifest.Config);
	if (configuration === undefined) throw new ArchiveError('Malformed', `the configuration ${manifest.Config} is not in it`);
	const {architecture, os, rootfs} = parsed(Configuration, texts, manifest.Config);
	const names = (manifest.Layers ?? []).map(name => twins.get(name) ?? name);
	const found = names.map(name => layers.get(name)?.diffId ?? missing(name));
	const wanted = rootfs.diff_ids ?? [];
	if (found.length !== wanted.length || found.some((diffId, index) => diffId !== wanted[index])) {
		throw new ArchiveError('WrongContent', 'its layers are not those that its configuration names');
	}
	if (layers.size > new Set(names).size) throw new ArchiveError('WrongContent', 'it holds layers that are none of its image');
	const index = texts.has('index.json') ? parsed(Index, texts, 'index.json', indexKeys).manifests : [];
	const own = index.filter(({digest}) => {
		const name = blobName(digest);
		return texts.has(name) && OciManifest.safeParse(json(texts, name)).data?.config.digest === configuration.digest;
	});
	return {
		ids: [configuration.digest, ...own.map(({digest}) => digest)],
		references: [...(manifest.RepoTags ?? []), ...index.flatMap(({annotations}) => nameIn(annotations))],
		platform: `${os}/${architecture}`,
	};
}

/** The name of a blob in an archive of the newer form. */
const blobName = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

function missing(name: string): never {
	throw new ArchiveError('Malformed', `the layer ${name} is not in it`);
}

/** `known` are the keys that engines read of it, where nothing but the engine's own reading binds them. */
function parsed<Schema extends z.ZodType>(schema: Schema, texts: ArchiveParts['texts'], name: string, known: readonly string[] = []): z.output<Schema> {
	const value = json(texts, name);
	const second = known.length === 0 ? undefined : secondReading(texts.get(name)?.text ?? '', value, known);
	if (second !== undefined) throw new ArchiveError('Malformed', `${name} can be read in two ways: it has ${second}`);
	const read = schema.safeParse(value);
	if (!read.success) throw new ArchiveError('Malformed', `${name} says something else than it should: ${z.prettifyError(read.error)}`, {cause: read.error});
	return read.data;
}

function json(texts: ArchiveParts['texts'], name: string): unknown {
	const found = texts.get(name);
	if (found === undefined) throw new ArchiveError('Malformed', `it has no ${name}: is it what \`docker save\` writes?`);
	try {
		return JSON.parse(found.text);
	} catch (error) {
		throw new ArchiveError('Malformed', `${name} is no JSON`, {cause: error});
	}
}
