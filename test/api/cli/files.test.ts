import {mkdir, symlink, truncate, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import test from 'ava';
import {makeTempDirectory} from '../../support/temp-directory.js';
import {serveTestApi} from '../support/serve.js';
import {runCli} from './support/run-cli.js';

const manifest = (...files: readonly string[]): string => `kind: Service\nmetadata: {name: shop}\nspec:\n  images:\n    - image: x\n      files:\n${files.map(file => `        - ${file}\n`).join('')}`;

test('from is read beside the manifest, sent as content, and a changed file is a change', async t => {
	await using api = await serveTestApi();
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'shop.yaml');
	await mkdir(join(directory.path, 'pages'));
	await writeFile(join(directory.path, 'pages', 'index.html'), 'ä\r\n');
	await writeFile(file, manifest('{path: /www/index.html, from: pages/index.html, onChange: none}', '{path: /b, content: b}'));
	t.is((await runCli(api, ['apply', '-f', file])).stdout, 'service.motey.io/shop created\n');
	t.deepEqual(api.store.get('Service', {namespace: 'default', name: 'shop'})?.spec.images[0]?.files, [{path: '/www/index.html', content: 'ä\r\n', onChange: 'none'}, {path: '/b', content: 'b'}]);
	t.is((await runCli(api, ['apply', '-f', directory.path])).stdout, 'service.motey.io/shop unchanged\n');
	await writeFile(join(directory.path, 'pages', 'index.html'), 'new');
	const diff = await runCli(api, ['diff', '-f', file]);
	t.is(diff.code, 1);
	t.regex(diff.stdout, /^\+.*content: new$/mu);
	t.is((await runCli(api, ['apply', '-f', file])).stdout, 'service.motey.io/shop configured\n');
	await writeFile(file, manifest('{path: /www/index.html, from: pages/gone.html}'));
	t.is((await runCli(api, ['delete', '-f', file, '--wait=false'])).code, 0, 'to delete it, no file is needed');
});

test('as many bytes of text as an entry may have fit beside the note of what was applied', async t => {
	await using api = await serveTestApi();
	await using directory = await makeTempDirectory();
	const file = join(directory.path, 'shop.yaml');
	const text = `${'a "quoted" word in a line of usual size'.padEnd(63, '.')}\n`.repeat(1024);
	await writeFile(join(directory.path, 'text'), text);
	await writeFile(file, manifest('{path: /a, from: text}'));
	t.is((await runCli(api, ['apply', '-f', file])).stderr, '');
	t.is(api.store.get('Service', {namespace: 'default', name: 'shop'})?.spec.images[0]?.files?.[0]?.content, text);
	await writeFile(join(directory.path, 'text'), '"'.repeat(65_536));
	const {code, stderr} = await runCli(api, ['apply', '-f', file]);
	t.is(code, 1);
	t.regex(stderr, /at most 262144 are stored/u);
});

test('what cannot be sent is told of at its line, all of it, and nothing is sent', async t => {
	await using api = await serveTestApi();
	await using directory = await makeTempDirectory();
	const beside = (name: string): string => join(directory.path, 'services', name);
	await mkdir(beside('folder'), {recursive: true});
	await writeFile(join(directory.path, 'secret'), 'of somebody else');
	await symlink('../secret', beside('link'));
	await symlink('../services/text', beside('inner'));
	await writeFile(beside('text'), 'text');
	await writeFile(beside('bytes'), Buffer.from([0xff, 0xfe, 0x00]));
	await writeFile(beside('large'), '');
	await truncate(beside('large'), 65_537);
	const file = beside('shop.yaml');
	await writeFile(file, manifest('{path: /a, from: ../secret}', '{path: /b, from: link}', '{path: /c, from: bytes}', '{path: /d, from: large}', '{path: /e, from: folder}', '{path: /f, from: inner}'));
	const {code, stderr} = await runCli(api, ['apply', '-f', file]);
	t.is(code, 1);
	t.deepEqual(stderr.trimEnd().split('\n').map(line => line.replace(/^(?:error:)?\s+/u, '').replace(file, 'shop.yaml')), [
		'shop.yaml:7:22: from: ../secret is not in the directory of the manifest, nor below it',
		'shop.yaml:8:22: from: link is a link that leads out of the directory of the manifest',
		'shop.yaml:9:22: from: bytes is no text in UTF-8, and nothing else fits into a manifest',
		'shop.yaml:10:22: from: large has 65537 bytes, and the files of an image have at most 65536 together: a large one belongs in the image or in a volume',
		'shop.yaml:11:22: from: folder is no file',
	]);
	t.is(api.store.list('Service').items.length, 0);
});
