import {createHash} from 'node:crypto';
import {buffer} from 'node:stream/consumers';
import {gzipSync} from 'node:zlib';
import {pack, type Header} from 'tar-stream';

/** An entry of a tar in a test; `pax` are records that the writer would not add by itself. */
export type SampleEntry = Partial<Header> & {readonly name: string; readonly content?: string | Buffer; readonly pax?: Readonly<Record<string, string>>};

/** A tar of these entries; the same for the same, whatever the time is. */
export async function tarOf(entries: readonly SampleEntry[]): Promise<Buffer> {
	const tar = pack();
	for (const {content, ...given} of entries) {
		const header = {mtime: new Date(0), ...given};
		if (content === undefined) tar.entry(header);
		else tar.entry(header, content);
	}
	tar.finalize();
	return buffer(tar);
}

/** What a header of a tar says; `size` in octal, or as the bytes stand there. */
export interface RawHeader {
	readonly name: string | Buffer;
	/** One character; a plain file, when not said. */
	readonly type?: string;
	readonly size?: string | Buffer;
	readonly linkname?: string;
	/** `ustar` and its version, when not said. */
	readonly magic?: string;
	/** What stands before the name in the newer format. */
	readonly prefix?: string;
	/** The very last of it, which one old format has. */
	readonly trailer?: string;
}

/** A header that no writer would write, its checksum right, with content behind it that fills its last block. */
export function rawEntry({name, type = '0', size, linkname = '', magic = 'ustar\u000000', prefix = '', trailer = ''}: RawHeader, content: string | Buffer = ''): Buffer {
	const header = Buffer.alloc(512);
	const bytes = Buffer.from(content);
	const write = (text: string | Buffer, at: number): void => void Buffer.from(text).copy(header, at);
	write(name, 0);
	write('0000644\u00000000000\u00000000000\u0000', 100);
	write(size ?? bytes.length.toString(8).padStart(11, '0'), 124);
	write('00000000000\u0000', 136);
	write(type, 156);
	write(linkname, 157);
	write(magic, 257);
	write(prefix, 345);
	write(trailer, 508);
	write('        ', 148);
	write(`${header.reduce((total, byte) => total + byte, 0).toString(8).padStart(6, '0')}\u0000 `, 148);
	return Buffer.concat([header, bytes, Buffer.alloc((512 - bytes.length % 512) % 512)]);
}

/** A record of a header in the newest format, with its length before it. */
export function paxRecord(key: string, value: string): string {
	const rest = ` ${key}=${value}\n`;
	const length = Buffer.byteLength(rest);
	const digits = String(length + String(length).length).length;
	return `${length + digits}${rest}`;
}

/** What ends a tar. */
export const tarEnd = Buffer.alloc(1024);

const digest = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

/** How a sample archive differs from a good one. */
export interface SampleOptions {
	/** The layers' entries. */
	readonly layers?: readonly (readonly SampleEntry[])[];
	/** The layers as they are. */
	readonly rawLayers?: readonly Buffer[];
	readonly references?: readonly string[];
	/** Put before everything else. */
	readonly before?: readonly SampleEntry[];
	/** Changes every entry; undefined leaves one out. */
	readonly change?: (entry: SampleEntry) => SampleEntry | undefined;
	/** The diff ids that the configuration names, instead of the true ones. */
	readonly diffIds?: readonly string[];
}

/** One small image as an engine before 25 saves it, with its id. */
export async function sampleArchive(options: SampleOptions = {}): Promise<{readonly archive: Buffer; readonly id: string}> {
	const layers = options.rawLayers ?? await Promise.all((options.layers ?? [[{name: 'etc', type: 'directory'}, {name: 'etc/motd', content: 'hello\n'}]]).map(async entries => tarOf(entries)));
	const configuration = JSON.stringify({architecture: 'amd64', os: 'linux', rootfs: {type: 'layers', diff_ids: options.diffIds ?? layers.map(layer => `sha256:${digest(layer)}`)}});
	const folders = layers.map((layer, index) => digest(`${index}${digest(layer)}`));
	const entries: readonly SampleEntry[] = [
		...(options.before ?? []),
		...layers.flatMap((layer, index): SampleEntry[] => [
			{name: `${folders[index]}/`, type: 'directory'}, {name: `${folders[index]}/VERSION`, content: '1.0'}, {name: `${folders[index]}/json`, content: '{}'}, {name: `${folders[index]}/layer.tar`, content: layer},
		]),
		{name: `${digest(configuration)}.json`, content: configuration},
		{name: 'manifest.json', content: JSON.stringify([{Config: `${digest(configuration)}.json`, RepoTags: options.references ?? null, Layers: folders.map(folder => `${folder}/layer.tar`)}])},
	];
	const {change = entry => entry} = options;
	return {archive: await tarOf(entries.flatMap(entry => change(entry) ?? [])), id: `sha256:${digest(configuration)}`};
}

/** The same kind of image as engines from 25 on save it, its layer gzipped. */
export async function sampleLayout({lie = false, layer = undefined as Buffer | undefined, change = (entry: SampleEntry): SampleEntry | undefined => entry, references = ['shop/web:1']} = {}): Promise<{readonly archive: Buffer; readonly id: string; readonly manifestId: string}> {
	const plain = layer ?? await tarOf([{name: 'etc/motd', content: 'hello\n'}]);
	const packed = gzipSync(plain);
	const configuration = JSON.stringify({architecture: 'arm64', os: 'linux', rootfs: {type: 'layers', diff_ids: [`sha256:${digest(plain)}`]}});
	const manifest = JSON.stringify({schemaVersion: 2, config: {digest: `sha256:${digest(configuration)}`}, layers: [{digest: `sha256:${digest(packed)}`}]});
	const blob = (content: string | Buffer, name = digest(content)): SampleEntry => ({name: `blobs/sha256/${name}`, content});
	const entries: readonly SampleEntry[] = [
		{name: 'blobs', type: 'directory'}, {name: 'blobs/sha256', type: 'directory'}, blob(configuration), blob(packed, lie ? digest('another') : undefined), blob(manifest),
		{name: 'index.json', content: JSON.stringify({schemaVersion: 2, manifests: [{digest: `sha256:${digest(manifest)}`, annotations: {'io.containerd.image.name': 'docker.io/shop/web:1'}}]})},
		{name: 'manifest.json', content: JSON.stringify([{Config: `blobs/sha256/${digest(configuration)}`, RepoTags: references, Layers: [`blobs/sha256/${lie ? digest('another') : digest(packed)}`]}])},
		{name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}'},
	];
	return {archive: await tarOf(entries.flatMap(entry => change(entry) ?? [])), id: `sha256:${digest(configuration)}`, manifestId: `sha256:${digest(manifest)}`};
}

/** A tar to who takes it for one, and something packed by zstd, which is `hidden`, to who looks at its first bytes. @see RFC 8878 */
export function behindZstd(shown: Buffer, hidden: Buffer): Buffer {
	const skipping = (bytes: number): Buffer => Buffer.concat([Buffer.from('P*M\x18', 'latin1'), length(bytes)]);
	const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), length(hidden.length), length(hidden.length * 8 + 1).subarray(0, 3), hidden]);
	const make = (before: number, after: number): Buffer => {
		const value = Buffer.concat([frame, skipping(after)]);
		const record = Buffer.from(paxRecord('comment', '.'.repeat(value.length)));
		value.copy(record, record.length - value.length - 1);
		return Buffer.concat([rawEntry({name: skipping(before), type: 'x'}, record), shown]);
	};
	const begins = make(0, 0).indexOf(frame);
	return make(begins - 8, make(0, 0).length - begins - frame.length - 8);
}

function length(bytes: number): Buffer {
	const field = Buffer.alloc(4);
	field.writeUInt32LE(bytes);
	return field;
}
