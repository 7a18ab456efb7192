import {createHash, randomBytes} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {ArchiveError} from '../../../../controller/images/archive/archive-error.js';
import {defaultArchiveLimits, type ArchiveLimits} from '../../../../controller/images/archive/archive-limits.js';
import {checkArchive, type ArchiveExpectation} from '../../../../controller/images/archive/check-archive.js';
import {behindZstd, paxRecord, rawBlock, rawEntry, sampleArchive, sampleLayout, tarEnd, tarOf, type SampleEntry, type SampleOptions} from './sample-archive.js';

/** In pieces of an odd length, as a network brings them. */
async function* pieces(bytes: Buffer, size = 1357): AsyncGenerator<Buffer> {
	for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const check = async (archive: Buffer, {limits = {}, ...expected}: ArchiveExpectation & {readonly limits?: Partial<ArchiveLimits>} = {}) => checkArchive(pieces(archive), {...defaultArchiveLimits, ...limits}, expected);
const outcome = async (archive: Buffer, options: ArchiveExpectation & {readonly limits?: Partial<ArchiveLimits>} = {}): Promise<string> => check(archive, options).then(() => 'taken', (error: unknown) => error instanceof ArchiveError ? error.code : String(error));

test('what an engine saves is taken, and its id follows from its content', async t => {
	const {archive, id} = await sampleArchive({references: ['shop/web:1'], layers: [
		[{name: 'etc', type: 'directory'}, {name: 'etc/motd', content: 'hello\n'}, {name: 'etc/here', type: 'symlink', linkname: '../etc/motd'}, {name: 'bin', type: 'symlink', linkname: '/usr/bin'}],
		[{name: 'etc/there', type: 'link', linkname: 'etc/motd'}, {name: 'etc/.wh.motd', content: ''}],
	]});
	const checked = await check(archive, {id, references: ['shop/web:1']});
	t.deepEqual(checked.ids, [id]);
	t.deepEqual(checked.references, ['shop/web:1']);
	t.is(checked.platform, 'linux/amd64');
	t.is(checked.sizeBytes, archive.length);
	t.is(checked.sha256, createHash('sha256').update(archive).digest('hex'));
});

test('the newer form with packed layers is taken, and known by the ids of both kinds of engine', async t => {
	const {archive, id, manifestId} = await sampleLayout();
	t.deepEqual((await check(archive)).ids, [id, manifestId]);
	t.is(await outcome(archive, {id: manifestId, references: ['shop/web:1', 'docker.io/shop/web:1']}), 'taken');
});

test('a layer that is in an image twice may be a link to itself', async t => {
	const layer = await tarOf([{name: 'a', content: 'a'}]);
	const seen: string[] = [];
	const {archive, id} = await sampleArchive({rawLayers: [layer, layer], change: entry => {
		if (!entry.name.endsWith('/layer.tar')) return entry;
		seen.push(entry.name);
		return seen.length === 1 ? entry : {name: entry.name, type: 'symlink', linkname: `../${seen[0]}`};
	}});
	t.is(await outcome(archive, {id}), 'taken');
});

const inLayer = (...layer: readonly SampleEntry[]): SampleOptions => ({layers: [layer]});
const rawLayer = (...parts: readonly Buffer[]): SampleOptions => ({rawLayers: [Buffer.concat([...parts, tarEnd])]});
const hostile: readonly (readonly [string, string, SampleOptions])[] = [
	['a path that climbs out', 'Path', {before: [{name: '../../etc/cron.d/evil', content: 'x'}]}],
	['an absolute path', 'Path', {before: [{name: '/etc/cron.d/evil', content: 'x'}]}],
	['a file that belongs to no image', 'Path', {before: [{name: 'evil.sh', content: 'x'}]}],
	['a directory that belongs to no image', 'Path', {before: [{name: 'etc', type: 'directory'}]}],
	['a link out of the archive', 'Link', {before: [{name: `${'a'.repeat(64)}/layer.tar`, type: 'symlink', linkname: '/var/run/docker.sock'}]}],
	['a link to a layer that is not there', 'Link', {before: [{name: `${'a'.repeat(64)}/layer.tar`, type: 'symlink', linkname: `../${'b'.repeat(64)}/layer.tar`}]}],
	['a hard link', 'Link', {before: [{name: `${'a'.repeat(64)}/layer.tar`, type: 'link', linkname: '/etc/shadow'}]}],
	['a device', 'Device', {before: [{name: 'disk', type: 'block-device', devmajor: 8, devminor: 0}]}],
	['a pipe', 'Device', {before: [{name: 'pipe', type: 'fifo'}]}],
	['a sparse file that says to be small', 'Bomb', {before: [{name: 'big', content: 'x', pax: {'GNU.sparse.major': '1', 'GNU.sparse.realsize': '9223372036854775807'}}]}],
	['a manifest that is there twice', 'Malformed', {before: [{name: 'manifest.json', content: '[]'}]}],
	['a manifest that is no JSON', 'Malformed', {change: entry => entry.name === 'manifest.json' ? {...entry, content: '[{'} : entry}],
	['no manifest', 'Malformed', {change: entry => entry.name === 'manifest.json' ? undefined : entry}],
	['a document that would fill the memory', 'TooLarge', {before: [{name: 'repositories', content: Buffer.alloc(5 * 2 ** 20)}]}],
	['layers that are others than its configuration names', 'WrongContent', {diffIds: [`sha256:${'0'.repeat(64)}`]}],
	['a layer that is missing', 'Malformed', {change: entry => entry.name.endsWith('/layer.tar') ? undefined : entry}],
	['a layer that is none of the image', 'WrongContent', {before: [{name: `${'a'.repeat(64)}/layer.tar`, content: Buffer.alloc(1024)}]}],
	['a configuration that is missing', 'Malformed', {change: entry => /^[0-9a-f]{64}\.json$/u.test(entry.name) ? undefined : entry}],
	['a layer whose path climbs out', 'Path', inLayer({name: 'a/../../../etc/passwd', content: 'x'})],
	['a layer with an absolute path', 'Path', inLayer({name: '/etc/passwd', content: 'x'})],
	['a layer with a hard link out of it', 'Link', inLayer({name: 'shadow', type: 'link', linkname: '../../../etc/shadow'})],
	['a layer with a link that climbs out', 'Link', inLayer({name: 'a/b', type: 'symlink', linkname: '../../../../etc/shadow'})],
	['a layer that writes through its own link', 'Link', inLayer({name: 'etc', type: 'symlink', linkname: '/'}, {name: 'etc/passwd', content: 'x'})],
	['a layer with a device', 'Device', inLayer({name: 'dev/sda', type: 'block-device', devmajor: 8, devminor: 0})],
	['a layer with a character device', 'Device', inLayer({name: 'dev/mem', type: 'character-device', devmajor: 1, devminor: 1})],
	['a layer with a sparse file', 'Bomb', inLayer({name: 'big', content: 'x', pax: {'GNU.sparse.map': '0,1'}})],
	['a layer that is no tar', 'Malformed', {rawLayers: [Buffer.from('#!/bin/sh\n'.repeat(200))]}],
	['a layer packed in a way that cannot be looked into', 'Malformed', {rawLayers: [Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.alloc(2000, 7)])]}],
	['a layer that is cut off', 'Malformed', {rawLayers: [gzipSync(Buffer.alloc(5000)).subarray(0, 20)]}],
	['a manifest that is there in two spellings', 'Malformed', {before: [{name: './manifest.json', content: '[]'}]}],
	['a manifest that differs in its letters\' case only', 'Path', {before: [{name: 'Manifest.json', content: '[]'}]}],
	['a manifest within a folder', 'Path', {before: [{name: `${'a'.repeat(64)}/manifest.json`, content: '[]'}]}],
	['a manifest of several images', 'Malformed', {change: entry => entry.name === 'manifest.json' ? {...entry, content: JSON.stringify([0, 1].flatMap(() => JSON.parse(String(entry.content)) as unknown))} : entry}],
	['a name that is longer than it says', 'Path', {before: [{name: 'oci-layout', content: '{}', pax: {path: '../../etc/cron.d/evil'}}]}],
	['a layer with a pipe', 'Device', inLayer({name: 'run/pipe', type: 'fifo'})],
	['a layer whose mark of deletion names the folder itself', 'Path', inLayer({name: 'etc/.wh..', content: ''})],
	['a layer whose mark of deletion names the folder above', 'Path', inLayer({name: 'etc/.wh...', content: ''})],
	['a layer whose newer header says another path', 'Path', inLayer({name: 'harmless', content: 'x', pax: {path: '../../etc/passwd'}})],
	['a layer whose newer header says another target', 'Link', inLayer({name: 'harmless', type: 'symlink', linkname: 'a', pax: {linkpath: '../../etc/passwd'}})],
	['a layer whose newer header has a NUL in its path', 'Path', inLayer({name: 'harmless', content: 'x', pax: {path: 'etc/passwd\0.txt'}})],
	['a layer whose newer header has a NUL and no more in its target', 'Link', inLayer({name: 'harmless', type: 'symlink', linkname: 'a', pax: {linkpath: 'etc\0.txt'}})],
	['a layer whose newer header has a NUL in its target', 'Link', inLayer({name: 'harmless', type: 'symlink', linkname: 'a', pax: {linkpath: 'etc\0/../../x'}})],
	['a layer whose long name climbs out', 'Path', rawLayer(rawEntry({name: '././@LongLink', type: 'L'}, '../../../etc/passwd\0'), rawEntry({name: 'harmless'}, 'x'))],
	['a layer whose long target climbs out', 'Link', rawLayer(rawEntry({name: '././@LongLink', type: 'K'}, '../../../etc/passwd\0'), rawEntry({name: 'harmless', type: '1', linkname: 'a'}))],
	['a layer whose prefix climbs out', 'Path', rawLayer(rawEntry({name: 'passwd', prefix: '../../etc'}, 'x'))],
	['a layer whose name of the old kind has another before it', 'Malformed', rawLayer(rawEntry({name: 'passwd', magic: 'ustar  \0', prefix: '../../etc'}, 'x'))],
	['a layer with a sparse file of the old kind', 'Malformed', rawLayer(rawEntry({name: 'big', type: 'S'}, 'x'))],
	['a layer with a file of less than nothing', 'Malformed', rawLayer(rawEntry({name: 'big', size: Buffer.alloc(12, 0xff)}, 'x'))],
	['a layer with a name of less than nothing', 'Malformed', rawLayer(rawEntry({name: '././@LongLink', type: 'L', size: Buffer.alloc(12, 0xff)}), rawEntry({name: 'harmless'}, 'x'))],
	['a layer whose newer header says less than nothing', 'Malformed', inLayer({name: 'big', content: 'x', pax: {size: '-1'}})],
	['a layer with a file of 8 EiB', 'Malformed', rawLayer(rawEntry({name: 'big', size: Buffer.from([0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255])}, 'x'))],
	['a layer with a name of 1 GiB', 'TooLarge', rawLayer(rawEntry({name: '././@LongLink', type: 'L', size: '10000000000'}, 'x'))],
	['a layer whose size is no number', 'Malformed', rawLayer(rawEntry({name: 'big', size: 'zzzzzzzzzzz'}, 'x'))],
];

for (const [what, code, options] of hostile) {
	test(`refused as ${code}: ${what}`, async t => {
		t.is(await outcome((await sampleArchive(options)).archive), code);
	});
}

test('a tar that hides an entry behind the content of a link is refused', async t => {
	const {archive} = await sampleArchive();
	// The header of the folder, made a link of 512 bytes with its checksum put right.
	const header = Buffer.from(archive.subarray(0, 512));
	header.write('1', 156, 'latin1');
	header.write('00000001000 ', 124, 'latin1');
	header.write('        ', 148, 'latin1');
	const sum = header.reduce((total, byte) => total + byte, 0);
	header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
	t.is(await outcome(Buffer.concat([header, archive.subarray(512)])), 'Malformed');
});

test('a tar that shows one path to who looks it through and another to who unpacks it is refused', async t => {
	const [file, evil] = [rawBlock({0: 'etc/harmless'}, 'x'), rawBlock({0: 'etc/evil'}, 'x')];
	const gnu = 'ustar  \0';
	const disguises: Readonly<Record<string, readonly Buffer[]>> = {
		'a header for all that follows': [rawBlock({0: 'pax', 156: 'g'}, paxRecord('path', 'etc/harmless')), rawBlock({0: 'pax', 156: 'x'}, paxRecord('comment', 'one')), evil],
		'two names, of which each takes another': [rawBlock({0: 'pax', 156: 'x'}, paxRecord('path', 'etc/harmless')), rawBlock({0: 'long', 156: 'L'}, 'etc/evil\0'), file],
		'the same the other way round': [rawBlock({0: 'long', 156: 'L'}, 'etc/evil\0'), rawBlock({0: 'pax', 156: 'x'}, paxRecord('path', 'etc/harmless')), file],
		'a long name that only one knows': [rawBlock({0: 'long', 156: 'N'}, 'etc/harmless\0'), evil],
		'entries in what is a file to one and a directory to the other': [rawBlock({0: 'etc/', 156: '\0'}, evil)],
		'the same, made a directory by its long name': [rawBlock({0: 'pax', 156: 'x'}, paxRecord('path', 'etc/')), rawBlock({0: 'etc', 156: '\0'}, evil)],
		'entries behind the end': [file, Buffer.alloc(1024), evil],
		'an entry behind half an end': [file, Buffer.alloc(512), evil],
		'a size that one takes for nothing': [rawBlock({0: 'etc/harmless', 124: '\0 00000001000'.slice(0, 12)}, evil)],
		'a size that is no number': [rawBlock({0: 'etc/harmless', 124: '0000000100x\0'}, evil)],
		'another size in a header of its own': [rawBlock({0: 'pax', 156: 'x'}, paxRecord('size', '0x200')), file],
		'a path that begins where only one looks': [rawBlock({0: 'harmless', 257: gnu, 345: 'etc/evil'}, 'x')],
		'a path that ends where only one stops': [rawBlock({0: 'harmless', 345: 'etc', 508: 'tar\0'}, 'x')],
		'records that are none': [rawBlock({0: 'pax', 156: 'x'}, '5 a=\n99 path=etc/harmless\n'), evil],
		'a header with no records': [rawBlock({0: 'pax', 156: 'x'}), evil],
		'a header with a checksum only': [Buffer.from(Buffer.alloc(512)).fill('0000400\0', 148, 156, 'latin1'), evil],
	};
	for (const [what, parts] of Object.entries(disguises)) {
		const layer = Buffer.concat([...parts, Buffer.alloc(1024)]);
		t.is(await outcome((await sampleArchive({rawLayers: [layer]})).archive), 'Malformed', what);
	}
});

test('a tar in which something lies between its entries, or behind them, is refused', async t => {
	const [one, two] = [rawEntry({name: 'one'}, 'x'), rawEntry({name: 'two'}, 'x')];
	const device = rawEntry({name: 'dev/sda', type: '4'});
	const layers = [
		[one, tarEnd, device, tarEnd],
		[one, Buffer.alloc(512), two, tarEnd],
		// The library takes 24 + 1000 bytes after such a file for a name, and others do not.
		[rawEntry({name: '././@LongLink', type: 'L', size: '00000000000'}), rawEntry({name: 'big'}, Buffer.alloc(1000, 1)), device, Buffer.alloc(488), two, tarEnd],
		[rawEntry({name: '././@LongLink', type: 'L', size: '00000000000'}), one, tarEnd],
	];
	for (const [index, parts] of layers.entries()) t.not(await outcome((await sampleArchive({rawLayers: [Buffer.concat(parts)]})).archive), 'taken', `layer ${index}`);
	t.is(await outcome((await sampleArchive({rawLayers: [Buffer.concat([one, two, tarEnd, Buffer.alloc(10_240)])]})).archive), 'taken', 'a last block as tar writes it');
	t.is(await outcome((await sampleArchive({rawLayers: [Buffer.concat([rawEntry({name: '././@LongLink', type: 'L'}, `${'long/'.repeat(60)}name\0`), one, tarEnd])]})).archive), 'taken', 'a long name');
});

test('an archive that an engine would unpack before it reads it is refused', async t => {
	const {archive, id} = await sampleArchive();
	const {archive: evil} = await sampleArchive({references: ['postgres:16']});
	t.is(await outcome(behindZstd(archive, evil), {id}), 'Malformed');
	for (const first of ['BZh91AY', '\x1f\x8b\x08', '\xfd7zXZ\0', '(\xb5/\xfd', 'Z*M\x18']) {
		t.is(await outcome(Buffer.concat([rawBlock({0: first, 156: 'x'}, paxRecord('comment', 'one')), archive]), {id}), 'Malformed', JSON.stringify(first));
	}
	t.is(await outcome(Buffer.concat([rawBlock({0: 'PaxHeaders.0/blobs', 156: 'x'}, paxRecord('comment', 'one')), archive]), {id}), 'taken');
});

test('what writers of tars make of long names, great sizes and times is taken', async t => {
	const long = `usr/${'lib/'.repeat(60)}file`;
	const layer = Buffer.concat([
		rawBlock({0: 'pax', 156: 'x'}, paxRecord('path', long) + paxRecord('SCHILY.xattr.user.binary', 'a\0b\nsize=9\n') + paxRecord('size', '5')), rawBlock({0: 'usr/lib/cut'}, 'hello'),
		rawBlock({0: '././@LongLink', 156: 'L', 257: 'ustar  \0'}, `${long}2\0`), rawBlock({0: '././@LongLink', 156: 'K', 257: 'ustar  \0'}, `${long}\0`), rawBlock({0: 'cut', 156: '1', 257: 'ustar  \0', 345: '00000000001\0'}),
		rawBlock({0: 'binary', 124: '\x80\0\0\0\0\0\0\0\0\0\0\x03'}, 'abc'), rawBlock({0: 'spaces', 124: '         3 \0'}, 'abc'), rawBlock({0: 'name', 345: 'usr/share'}),
		Buffer.alloc(10_240),
	]);
	t.is(await outcome((await sampleArchive({rawLayers: [layer]})).archive), 'taken');
});

test('documents that an engine reads differently are refused: keys in another case, and keys that stand there twice', async t => {
	const disguised = async (name: string, change: (text: string) => string): Promise<string> => {
		const make = name === 'index.json' ? sampleLayout : sampleArchive;
		return outcome((await make({change: (entry: SampleEntry) => entry.name === name ? {...entry, content: change(String(entry.content))} : entry, references: []})).archive, {references: []});
	};
	t.is(await disguised('manifest.json', text => text), 'taken');
	t.is(await disguised('manifest.json', text => text.replace('"Layers"', '"repotags":["postgres:16"],"Layers"')), 'Malformed');
	t.is(await disguised('manifest.json', text => text.replace('"Layers"', '"RepoTag\u017f":["postgres:16"],"Layers"')), 'Malformed', 'the letter long s');
	t.is(await disguised('manifest.json', text => text.replace('"RepoTags"', '"RepoTags":["postgres:16"],"RepoTags"')), 'Malformed');
	t.is(await disguised('manifest.json', text => text.replace('"RepoTags"', '"comment":"\\"a\\":1, {\\"b\\":","RepoTags"')), 'taken', 'what only looks like a key');
	t.is(await disguised('index.json', text => text.replace('io.containerd.image.name', 'org.opencontainers.image.ref.name')), 'WrongContent', 'containerd takes it for a name');
	t.is(await disguised('index.json', text => text.replace('"schemaVersion"', '"Manifests":[],"schemaVersion"')), 'Malformed');
});

test('an archive of Podman is taken, in which the layers lie beside links to them; a link out of the archive is not', async t => {
	const layer = await tarOf([{name: 'a', content: 'a'}]);
	const name = `${createHash('sha256').update(layer).digest('hex')}.tar`;
	const podman = async (link: string, target: string): Promise<string> => outcome((await sampleArchive({rawLayers: [layer], before: [{name, content: layer}], change: entry => {
		if (entry.name.endsWith('/layer.tar')) return {name: link === '' ? entry.name : link, type: 'symlink', linkname: target};
		return entry.name === 'manifest.json' ? {...entry, content: String(entry.content).replace(/"[0-9a-f]{64}\/layer\.tar"/u, `"${name}"`)} : entry;
	}})).archive);
	t.is(await podman('', `../${name}`), 'taken');
	t.is(await podman(`${'a'.repeat(64)}.tar`, `../${name}`), 'Link');
});

test('a bomb is refused by its ratio long before it is unpacked', async t => {
	const {archive} = await sampleArchive({rawLayers: [gzipSync(Buffer.alloc(32 * 2 ** 20))]});
	t.is(await outcome(archive, {limits: {ratioFromBytes: 2 ** 20}}), 'Bomb');
	t.is(await outcome(archive, {limits: {bytes: 4 * 2 ** 20}}), 'TooLarge');
});

test('what is longer than the node takes is refused by size and by entries', async t => {
	const {archive} = await sampleArchive({layers: [Array.from({length: 100}, (_, index) => ({name: `file-${index}`, content: 'x'}))]});
	t.is(await outcome(archive, {limits: {bytes: archive.length - 1}}), 'TooLarge');
	t.is(await outcome(archive, {limits: {entries: 90}}), 'TooLarge');
	t.is(await outcome(archive, {limits: {entries: 120}}), 'taken');
});

test('another image than was asked for, and names that were not asked for, are refused', async t => {
	const {archive, id} = await sampleArchive({references: ['postgres:16']});
	t.is(await outcome(archive, {id: `sha256:${'1'.repeat(64)}`}), 'WrongContent');
	t.is(await outcome(archive, {id, references: ['shop/web:1']}), 'WrongContent');
	t.is(await outcome(archive, {id, references: []}), 'WrongContent');
});

test('a blob that does not hold what its name says is refused', async t => {
	t.is(await outcome((await sampleLayout({lie: true})).archive), 'WrongContent');
});

test('an archive that is cut anywhere is refused', async t => {
	const {archive} = await sampleArchive();
	const {archive: large} = await sampleArchive({layers: [[{name: 'large', content: Buffer.alloc(400_000, 'large')}]]});
	for (const length of [300_000, large.length - 2600]) t.is(await outcome(large.subarray(0, length)), 'Malformed', `cut to ${length}`);
	for (const length of [0, 100, 512, 700, 1500, 2600, archive.length - 3000]) t.is(await outcome(archive.subarray(0, length)), 'Malformed', `cut to ${length}`);
});

test('with any byte changed it is refused, or still the very image', async t => {
	const {archive, id} = await sampleArchive();
	for (let at = 0; at < archive.length - 1024; at += 97) {
		const changed = Buffer.from(archive);
		changed[at]! ^= 0x15;
		const result = await outcome(changed, {id, references: []});
		// What names no content, such as a time or an owner, may be anything.
		t.regex(result, /^(?:taken|Malformed|Path|Link|Device|Bomb|TooLarge|WrongContent)$/u, `byte ${at}`);
		if (result === 'taken') t.deepEqual((await check(changed)).ids, [id]);
	}
});

test('an error of the stream itself is told as it is', async t => {
	const {archive} = await sampleArchive();
	async function* broken(): AsyncGenerator<Buffer> {
		yield await Promise.resolve(archive.subarray(0, 2000));
		throw new Error('the link was cut');
	}
	await t.throwsAsync(checkArchive(broken(), defaultArchiveLimits), {message: 'the link was cut'});
	const content = randomBytes(200_000);
	for (const packed of [false, true]) {
		const layer = await tarOf([{name: 'a', content}]);
		const {archive: great} = await sampleArchive({rawLayers: [packed ? gzipSync(layer) : layer]});
		const cutInLayer = async function* (): AsyncGenerator<Buffer> {
			for (let at = 0; at < 150_000; at += 50_000) yield await Promise.resolve(great.subarray(at, at + 50_000));
			throw new Error('the link was cut');
		};
		await t.throwsAsync(checkArchive(cutInLayer(), defaultArchiveLimits), {message: 'the link was cut'}, packed ? 'in a packed layer' : 'in a layer');
	}
});
