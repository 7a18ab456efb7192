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

/** One entry as it is written, byte for byte: what writers of tars would put right. Texts are put at these places of its header, then its checksum is made. */
export function rawBlock(at: Readonly<Record<number, string>>, content: string | Buffer = ''): Buffer {
	const bytes = Buffer.from(content);
	const header = Buffer.alloc(512);
	const fields = {100: '0000644\0', 108: '0000000\0', 116: '0000000\0', 124: `${bytes.length.toString(8).padStart(11, '0')}\0`, 136: '00000000000\0', 156: '0', 257: 'ustar\x0000', ...at};
	for (const [place, text] of Object.entries(fields)) header.write(text, Number(place), 'latin1');
	header.write('        ', 148, 'latin1');
	header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	return Buffer.concat([header, bytes, Buffer.alloc((512 - bytes.length % 512) % 512)]);
}

/** What a header of a tar says; `size` in octal, or as the bytes stand there. */
export interface RawHeader {
	readonly name: string;
	/** One character; a plain file, when not said. */
	readonly type?: string;
	readonly size?: string | Buffer;
	readonly linkname?: string;
	/** `ustar` and its version, when not said. */
	readonly magic?: string;
	/** What stands before the name in the newer format. */
	readonly prefix?: string;
}

/** The same by the names of its fields. */
export function rawEntry({name, type = '0', size, linkname = '', magic, prefix = ''}: RawHeader, content: string | Buffer = ''): Buffer {
	return rawBlock({0: name, 156: type, 157: linkname, 345: prefix, ...(size === undefined ? {} : {124: size.toString('latin1')}), ...(magic === undefined ? {} : {257: magic})}, content);
}

/** What ends a tar. */
export const tarEnd = Buffer.alloc(1024);

/** A record of a PAX header; its value is taken byte by byte. */
export function paxRecord(key: string, value: string): string {
	const rest = ` ${key}=${value}\n`;
	for (let length = rest.length; ; length += 1) if (`${length}${rest}`.length === length) return `${length}${rest}`;
}

/** A tar to who takes it for one, and something packed by zstd, which is `hidden`, to who looks at its first bytes. @see RFC 8878 */
export function behindZstd(shown: Buffer, hidden: Buffer): Buffer {
	const skipping = (bytes: number): Buffer => Buffer.concat([Buffer.from('P*M\x18', 'latin1'), length(bytes)]);
	const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), length(hidden.length), length(hidden.length * 8 + 1).subarray(0, 3), hidden]);
	const make = (before: number, after: number): Buffer => {
		const content = paxRecord('comment', Buffer.concat([frame, skipping(after)]).toString('latin1'));
		return Buffer.concat([rawBlock({0: skipping(before).toString('latin1'), 156: 'x'}, Buffer.from(content, 'latin1')), shown]);
	};
	const begins = make(0, 0).indexOf(frame);
	return make(begins - 8, make(0, 0).length - begins - frame.length - 8);
}

function length(bytes: number): Buffer {
	const field = Buffer.alloc(4);
	field.writeUInt32LE(bytes);
	return field;
}
