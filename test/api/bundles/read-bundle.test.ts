import {execFileSync} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {gzipSync} from 'node:zlib';
import test from 'ava';
import {BundleError, type BundleErrorCode} from '../../../api/bundles/bundle-error.js';
import {createBundleKey, fingerprintOf, isSignatureOf, publicKeyIn, publicKeyOfPrivate, signManifest} from '../../../api/bundles/bundle-key.js';
import {imagePath, parseManifest, type BundleManifest} from '../../../api/bundles/bundle-manifest.js';
import {readBundle} from '../../../api/bundles/read-bundle.js';
import {writeBundle} from '../../../api/bundles/write-bundle.js';
import {rawEntry, sampleArchive, tarEnd, tarOf, type SampleEntry} from '../../controller/images/archive/sample-archive.js';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {chunksOf, entriesOf, readParts, sampleArchives, sampleBundle, sampleImages, sampleKey, sampleServices} from './sample-bundle.js';

const whole = ['head of 2', sampleServices, ...sampleImages.map(({references, sha256}) => `${references.join()} ${sha256}`)];

test('what was written is read, plain and gzipped, in chunks of any size', async t => {
	const [plain, packed] = await Promise.all([sampleBundle(), sampleBundle({name: 'x.tar.gz'})]);
	t.true(packed.length < plain.length / 10);
	for (const [bytes, chunkBytes] of [[plain, 65_536], [plain, 1], [packed, 65_536], [packed, 1]] as const) t.deepEqual(await readParts(bytes, chunkBytes), whole);
	t.deepEqual(await sampleBundle(), plain, 'the same content, time and key make the same bytes');
});

test('an image longer than everything before it may be is read, also in one chunk with all of that', async t => {
	const bytes = await sampleBundle({archives: [Buffer.alloc(5_000_000, 'image')]});
	for (const chunkBytes of [bytes.length, 1_048_576]) t.is((await readParts(bytes, chunkBytes)).length, 3);
	const packed = await sampleBundle({name: 'x.tgz', archives: [Buffer.alloc(5_000_000, 'image')]});
	t.is((await readParts(packed, packed.length)).length, 3);
});

test('whoever does not take an image passes over it, and it is looked at all the same', async t => {
	const kinds: string[] = [];
	for await (const {kind} of readBundle(chunksOf(await sampleBundle(), 4096))) kinds.push(kind);
	t.deepEqual(kinds, ['head', 'services', 'image', 'image']);
});

/** A bundle with other entries, and when the manifest changed, still signed as it was. */
async function changed(change: (entries: readonly (SampleEntry & {readonly content: Buffer})[]) => readonly SampleEntry[]): Promise<Buffer> {
	return tarOf(change(await entriesOf(await sampleBundle())));
}

/** A bundle whose maker signs a manifest that is no good. */
async function signed(change: (manifest: BundleManifest) => unknown): Promise<Buffer> {
	return changed(([manifest, , ...rest]) => {
		const text = JSON.stringify(change(parseManifest(manifest!.content.toString())));
		return [{name: 'bundle.json', content: text}, {name: 'bundle.sig', content: JSON.stringify(signManifest(text, sampleKey.privateKey))}, ...rest];
	});
}

const replaced = (name: string, content: (old: Buffer) => string | Buffer) => async (): Promise<Buffer> =>
	changed(entries => entries.map(entry => (entry.name === name ? {...entry, content: content(entry.content)} : entry)));
const [firstImage, secondImage] = sampleImages.map(imagePath) as [string, string];
const flipped = (bytes: Buffer): Buffer => {
	const copy = Buffer.from(bytes);
	copy[copy.length >> 1]! ^= 1;
	return copy;
};

const hostile: readonly (readonly [string, BundleErrorCode, RegExp, () => Promise<Buffer>])[] = [
	['whose manifest was changed', 'WrongSignature', /not what was signed/u, replaced('bundle.json', old => old.toString().replace('shop/web:1', 'evil/web:1'))],
	['whose signature is that of another manifest', 'WrongSignature', /not what was signed/u, replaced('bundle.sig', () => JSON.stringify(signManifest('{}', sampleKey.privateKey)))],
	['whose signature is said to be of another key', 'WrongSignature', /not what was signed/u, replaced('bundle.sig', old => JSON.stringify({...JSON.parse(old.toString()), key: publicKeyIn(createBundleKey().publicKey)}))],
	['without a signature', 'Malformed', /"services\.json" stands where bundle\.sig belongs/u, async () => changed(entries => entries.filter(({name}) => name !== 'bundle.sig'))],
	['whose signature is empty', 'Unsigned', /signature cannot be read/u, replaced('bundle.sig', () => '{}')],
	['whose image was changed in one bit', 'WrongContent', /is not what was signed/u, replaced(firstImage, flipped)],
	['whose images were exchanged', 'Malformed', /stands where images/u, async () => changed(entries => [...entries.slice(0, 3), entries[4]!, entries[3]!])],
	['whose image stands under another\'s name', 'WrongContent', /has 1000 bytes, and 70000 were signed/u, replaced(firstImage, () => sampleArchives[1]!)],
	['whose image is longer than was signed', 'WrongContent', /bytes, and 1000 were signed/u, replaced(secondImage, old => Buffer.concat([old, Buffer.from('x')]))],
	['whose Services were changed', 'WrongContent', /services\.json is not what was signed/u, replaced('services.json', old => old.toString().replace('web:1', 'web:9'))],
	['with one more entry at its end', 'Malformed', /"images\/evil\.tar" is in it/u, async () => changed(entries => [...entries, {name: 'images/evil.tar', content: 'x'}])],
	['with an entry before its manifest', 'Malformed', /"\.\.\/\.\.\/etc\/cron\.d\/evil" stands where bundle\.json belongs/u, async () => changed(entries => [{name: '../../etc/cron.d/evil', content: 'x'}, ...entries])],
	['whose manifest has an absolute path', 'Malformed', /"\/bundle\.json" stands where/u, async () => changed(([first, ...rest]) => [{...first!, name: '/bundle.json'}, ...rest])],
	['whose manifest is written with a detour', 'Malformed', /"x\/\.\.\/bundle\.json" stands where/u, async () => changed(([first, ...rest]) => [{...first!, name: 'x/../bundle.json'}, ...rest])],
	['with an entry twice', 'Malformed', /"services\.json" stands where images/u, async () => changed(entries => [...entries.slice(0, 3), entries[2]!, ...entries.slice(3)])],
	['whose image is a link', 'Malformed', /stands where images/u, async () => changed(entries => entries.map(entry => (entry.name === firstImage ? {name: entry.name, type: 'symlink', linkname: '/etc/shadow'} : entry)))],
	['whose image is a device', 'Malformed', /stands where images/u, async () => changed(entries => entries.map(entry => (entry.name === firstImage ? {name: entry.name, type: 'character-device'} : entry)))],
	['without its last image', 'CutShort', /ends before images/u, async () => changed(entries => entries.slice(0, -1))],
	['whose manifest is too long', 'TooLarge', /longer than the 524288 bytes/u, replaced('bundle.json', () => Buffer.alloc(524_289, ' '))],
	['that is a bomb before its manifest', 'TooLarge', /goes on where, by its manifest, it should end/u, async () => Promise.resolve(gzipSync(Buffer.alloc(4_000_000)))],
	['that is a bomb after its end', 'TooLarge', /goes on where, by its manifest, it should end/u, async () => gzipSync(Buffer.concat([await sampleBundle(), Buffer.alloc(4_000_000)]))],
	['of another format', 'Malformed', /its manifest cannot be read/u, async () => signed(manifest => ({...manifest, format: 'motey.io/bundle/v2'}))],
	['with a field that nobody knows', 'Malformed', /its manifest cannot be read/u, async () => signed(manifest => ({...manifest, install: 'now'}))],
	['whose manifest names an image that leads elsewhere', 'Malformed', /must be sha256/u, async () => signed(manifest => ({...manifest, images: [{...manifest.images[0], id: 'sha256:../../etc/passwd'}]}))],
	['whose manifest names an image twice', 'Malformed', /names the image .+ twice/u, async () => signed(manifest => ({...manifest, images: [manifest.images[0], manifest.images[0]]}))],
	['whose manifest gives one name to two contents', 'Malformed', /two contents of shop\/web:0 for linux\/amd64/u, async () => signed(manifest => ({...manifest, images: manifest.images.map(image => ({...image, references: ['shop/web:0']}))}))],
	['that is empty', 'CutShort', /ends before bundle\.json/u, async () => Promise.resolve(Buffer.alloc(0))],
	['whose packing is damaged', 'WrongContent', /^it is damaged: /u, async () => flipped(await sampleBundle({name: 'x.tar.gz', archives: [randomBytes(200_000)]}))],
	['that is an image', 'Malformed', /^it is no bundle: ".*" stands where bundle\.json belongs$/u, async () => (await sampleArchive()).archive],
	['with a file of less than nothing', 'CutShort', /ends before bundle\.sig/u, async () => Promise.resolve(Buffer.concat([rawEntry({name: 'bundle.json', size: Buffer.alloc(12, 0xff)}), tarEnd]))],
	['with a manifest of 8 EiB', 'TooLarge', /longer than the 524288 bytes/u, async () => Promise.resolve(Buffer.concat([rawEntry({name: 'bundle.json', size: Buffer.from([0x80, 0, 0, 0, 0x7f, 255, 255, 255, 255, 255, 255, 255])}), tarEnd]))],
	['whose manifest has its name from a newer header', 'Malformed', /"x\/\.\.\/bundle\.json" stands where/u, async () => changed(([first, ...rest]) => [{...first!, pax: {path: 'x/../bundle.json'}}, ...rest])],
	['whose manifest has a long name', 'Malformed', /"\.\.\/bundle\.json" stands where/u, async () => Buffer.concat([rawEntry({name: '././@LongLink', type: 'L'}, '../bundle.json\0'), await sampleBundle()])],
	['whose manifest differs in its letters\' case', 'Malformed', /"BUNDLE\.JSON" stands where/u, async () => changed(([first, ...rest]) => [{...first!, name: 'BUNDLE.JSON'}, ...rest])],
	['that is something else', 'Malformed', /^it is no bundle$/u, async () => Promise.resolve(Buffer.alloc(5000, 'no tar at all '))],
];

for (const [what, code, message, make] of hostile) {
	test(`a bundle ${what} is refused`, async t => {
		const error = await t.throwsAsync(async () => readParts(await make()), {instanceOf: BundleError, message});
		t.is(error.code, code);
	});
}

test('a file that was cut off anywhere is refused as one, packed or not', async t => {
	const [plain, packed] = await Promise.all([sampleBundle(), sampleBundle({name: 'x.tgz'})]);
	for (const [bytes, cuts] of [[plain, [100, 512, 700, 3000, 20_000, plain.length - 1024 - 512]], [packed, [3, 100, packed.length - 9, packed.length - 1]]] as const) {
		for (const cut of cuts) {
			const error = await t.throwsAsync(readParts(bytes.subarray(0, cut)), {instanceOf: BundleError}, `cut at ${cut}`);
			t.is(error.code, 'CutShort', `cut at ${cut}: ${error.message}`);
		}
	}
});

test('a stick that cannot be read further is told from a bundle that is wrong', async t => {
	const bytes = await sampleBundle();
	async function* dying(): AsyncGenerator<Buffer, void> {
		yield* chunksOf(bytes.subarray(0, 40_000), 4096);
		throw Object.assign(new Error('EIO: i/o error, read'), {code: 'EIO'});
	}
	const read = async (): Promise<void> => {
		for await (const part of readBundle(dying())) t.truthy(part);
	};
	await t.throwsAsync(read, {instanceOf: BundleError, code: 'Unreadable', message: /beyond its first 40000 bytes: EIO/u});
});

test('a bundle that cannot be written whole leaves nothing', async t => {
	await using directory = await makeTempDirectory();
	const writing = writeBundle(join(directory.path, 'x.tar'), {
		created: '2026-11-21T12:00:00Z', services: {text: '{}', names: ['shop']}, images: sampleImages,
		async* open() {
			yield await Promise.resolve(Buffer.from('short'));
			throw new Error('its disk is gone');
		},
		sign: async manifest => Promise.resolve(signManifest(manifest, sampleKey.privateKey)),
	});
	await t.throwsAsync(writing, {message: /its disk is gone/u});
	t.deepEqual(await readdir(directory.path), []);
});

test('keys and signatures are those that OpenSSL makes, and no others are taken', t => {
	const {privateKey, publicKey} = sampleKey;
	t.is(publicKeyIn(publicKey), publicKeyOfPrivate(privateKey));
	t.is(publicKeyIn(privateKey), publicKeyOfPrivate(privateKey));
	t.regex(fingerprintOf(publicKeyIn(publicKey)), /^SHA256:[A-Za-z0-9_-]{43}$/u);
	const signature = signManifest('text', privateKey);
	t.true(isSignatureOf('text', signature));
	t.false(isSignatureOf('Text', signature));
	t.false(isSignatureOf('text', {...signature, key: 'A'.repeat(43)}));
	const openssl = execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519'], {encoding: 'utf8'});
	t.true(isSignatureOf('text', signManifest('text', openssl)));
	const rsa = execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'], {encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore']});
	t.throws(() => signManifest('text', rsa), {instanceOf: BundleError, message: /signed with Ed25519/u});
	t.throws(() => publicKeyIn('no key'), {instanceOf: BundleError, message: /no key in PEM/u});
});
