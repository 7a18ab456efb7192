import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import test from 'ava';
import {clientVerbs} from '../../api/cli/program.js';
import {readSources} from '../support/sources.js';

const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync('docs', {recursive: true, encoding: 'utf8'}).filter(name => name.endsWith('.md')).map(name => join('docs', name))];

const textOf = (file: string): string => readFileSync(file, 'utf8');
const withoutCode = (text: string): string => text.replace(/```[^]*?```/gu, '').replace(/`[^`\n]*`/gu, '');

/** As GitHub names them: lower case, blanks to dashes, nothing but letters, digits, `-` and `_`. */
const anchorsOf = (file: string): readonly string[] => [...textOf(file).replace(/```[^]*?```/gu, '').matchAll(/^#+ (.+)$/gmu)]
	.map(([, title = '']) => title.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/ /gu, '-'));

for (const page of pages) {
	test(`every link in ${page} leads somewhere`, t => {
		const targets = [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/gu)].map(([, target = '']) => target).filter(target => !/^[a-z]+:/u.test(target));
		const broken = targets.filter(target => {
			const [path = '', anchor] = target.split('#');
			const file = path === '' ? page : join(dirname(page), path);
			return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
		});
		t.deepEqual(broken, []);
	});
}

test('every verb that the pages name is one', t => {
	const processVerbs = [...textOf('controller/bin.ts').matchAll(/name: '([a-z]+)'/gu)].map(([, name = '']) => name);
	const verbs = new Set([...clientVerbs.map(verb => verb.name), ...processVerbs, 'help']);
	const named = pages.flatMap(page => codeOf(textOf(page)).flatMap(code =>
		[...code.matchAll(/(?:^|[\s;&|(`])(?:sudo )?motey ([a-z][a-z-]*)/gmu)].map(([, verb = '']) => ({page, verb}))));
	t.true(named.length > 20);
	t.deepEqual(named.filter(({verb}) => !verbs.has(verb)), []);
});

/** Code that a reader may type: fences of shell, and what stands between backticks. */
function codeOf(text: string): readonly string[] {
	const fences = [...text.matchAll(/```(?:sh|bash|console)\n([^]*?)```/gu)].map(([, code = '']) => code);
	const inline = [...text.replace(/```[^]*?```/gu, '').matchAll(/`([^`\n]+)`/gu)].map(([, code = '']) => code);
	return [...fences.flatMap(code => code.split('\n').map(line => line.replace(/#.*$/u, ''))), ...inline];
}

test('every reason that the pages explain is one that the code gives', t => {
	const sources = readSources(['store', 'reconcilers', 'api', 'controller']).map(({tree}) => tree.text).join('\n');
	const firstCells = [...textOf('docs/troubleshooting.md').matchAll(/^\| ([^|]+) \|/gmu)].map(([, cell = '']) => cell);
	const reasons = firstCells.flatMap(cell => [...cell.matchAll(/`([A-Z][A-Za-z]+)`/gu)].map(([, reason = '']) => reason));
	t.true(reasons.length > 20);
	t.deepEqual(reasons.filter(reason => !sources.includes(`'${reason}'`)), []);
});

test('every reason that an Instance can have is explained', t => {
	const sources = readSources(['reconcilers/instance']).map(({tree}) => tree.text).join('\n');
	const given = [...sources.matchAll(/reason: '([A-Z][A-Za-z]+)'/gu)].map(([, reason = '']) => reason);
	const page = textOf('docs/troubleshooting.md');
	t.deepEqual([...new Set(given)].filter(reason => !page.includes(`\`${reason}\``)), []);
});

test('every feature of an older system that is said to be here names a test that shows it', t => {
	const parts = textOf('docs/heritage.md').split(/\n#{2,3} /u).filter(part => /^(?:Here|Domogik)\n/u.test(part));
	const rows = parts.flatMap(part => part.split('\n').filter(line => line.startsWith('| ')).slice(1));
	t.true(rows.length > 25, `${rows.length}`);
	t.deepEqual(rows.filter(row => !/\]\(\.\.\/test\/[^)]+\) \|$|\]\(\.\.\/test\/[^)]+\), /u.test(row)), []);
});
