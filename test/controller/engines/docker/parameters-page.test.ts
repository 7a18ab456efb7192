import {readFile} from 'node:fs/promises';
import test from 'ava';
import {parametersPage} from '../../../../docs/generate/parameters-page.js';

test('docs/parameters.md is what the vocabulary says', async t => {
	t.is(await readFile('docs/parameters.md', 'utf8'), parametersPage(), 'run: node dist/docs/generate/parameters.js');
});
