import {readdir, readFile} from 'node:fs/promises';
import test from 'ava';
import {runCli} from '../cli/support/run-cli.js';
import {serveTestApi} from '../support/serve.js';

const directory = new URL('../../../../manifests/invalid/', import.meta.url);

test('every manifest in manifests/invalid is refused with the error beside it, and nothing of it is stored', async t => {
	await using api = await serveTestApi();
	const names = (await readdir(directory)).filter(name => !name.endsWith('.error'));
	t.true(names.length >= 25, `${names.length}`);
	for (const name of names) {
		const text = await readFile(new URL(name, directory), 'utf8');
		const expected = (await readFile(new URL(`${name}.error`, directory), 'utf8')).trimEnd();
		const {code, stderr} = await runCli(api, ['apply', '-f', '-'], {stdin: text});
		t.is(code, 1, name);
		t.is(stderr.trimEnd(), expected, name);
	}
	t.is(api.store.list('Service').items.length, 0);
	const before = await runCli(api, ['apply', '-f', '-'], {stdin: 'service_name: well\nimages: [{name: x}]\n'});
	t.is(before.code, 0, 'the node is unharmed');
});
