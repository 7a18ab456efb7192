import test from 'ava';
import {defaultDocumentLimits} from '../../../api/documents/limits.js';
import {readDocuments} from '../../../api/documents/read-documents.js';

function valuesOf(text: string): readonly unknown[] | string {
	const reading = readDocuments(text);
	return reading.kind === 'documents' ? reading.documents.map(document => document.value) : reading.errors.map(({line, column, message}) => `${line}:${column} ${message}`).join('\n');
}

test('YAML 1.2: yes is text, keys keep their spelling, documents without content are left out', t => {
	t.deepEqual(valuesOf('a: yes\nb: 0o17\nc: ~\n---\n---\n80: x\n1.10: y\ntrue: z\n...\n'), [{a: 'yes', b: 15, c: null}, {80: 'x', '1.10': 'y', true: 'z'}]);
	t.deepEqual(valuesOf(''), []);
	t.deepEqual(valuesOf('# only a comment\n'), []);
	t.deepEqual(valuesOf('\uFEFFa: 1\r\nb: 2\r\n'), [{a: 1, b: 2}]);
});

test('JSON is read, and what is wrong with it is told as for YAML', t => {
	t.deepEqual(valuesOf('\n {"a": [1, "x\\n", null, true], "b": {}}'), [{a: [1, 'x\n', null, true], b: {}}]);
	t.regex(String(valuesOf('{"a": 1, "a": 2}')), /^1:10 the key "a" is written twice$/u);
	t.regex(String(valuesOf('{"a": {"b": 1, "\\u0062": 2}}')), /the key "b" is written twice/u);
	t.regex(String(valuesOf('{"constructor": 1}')), /"constructor" is not allowed/u);
	t.regex(String(valuesOf('{"a": 12345678901234567890}')), /too large to be kept exactly/u);
});

test('an alias stands for what its anchor names', t => {
	t.deepEqual(valuesOf('a: &x {k: 1}\nb: *x\n'), [{a: {k: 1}, b: {k: 1}}]);
});

test('positions are those of the key, the entry, or the nearest thing around what is not written', t => {
	for (const text of ['spec:\n  images:\n    - image: x\n      ports: {80/tcp: 1}\n', '{"spec":\n  {"images":\n    [{"image": "x",\n      "ports": {"80/tcp": 1}}]}}']) {
		const reading = readDocuments(text);
		const [document] = reading.kind === 'documents' ? reading.documents : [];
		t.is(document?.positionOf(['spec', 'images', 0, 'ports']).line, 4);
		t.is(document?.positionOf(['spec', 'images', 0, 'ports', '80/tcp']).line, 4);
		t.is(document?.positionOf(['spec', 'images', 0, 'nope', 'x']).line, 3);
		t.is(document?.positionOf([]).line, 1);
	}
});

test('scalars that YAML readers understand differently are told as they were written', t => {
	const reading = readDocuments('environment: {A: 1.10, B: yes, C: 010, D: "yes", E: 12:30, F: 1_000, G: 5, H: text}\n');
	t.deepEqual(reading.kind === 'documents' ? reading.documents[0]?.ambiguous.map(one => `${one.at.join('.')}=${one.text}@${one.line}:${one.column}`) : [], [
		'environment.A=1.10@1:18', 'environment.B=yes@1:27', 'environment.C=010@1:35', 'environment.E=12:30@1:53', 'environment.F=1_000@1:63',
	]);
});

const many = (count: number, text: (index: number) => string): string => Array.from({length: count}, (_, index) => text(index)).join('');

const bombs: readonly (readonly [string, string, RegExp])[] = [
	['nine lines of aliases', `a: &a ["lol","lol","lol","lol","lol","lol","lol","lol","lol"]\n${many(8, index => `${'bcdefghi'[index]!}: &${'bcdefghi'[index]!} [${many(9, () => `*${'abcdefgh'[index]!},`)}]\n`)}`, /more than 20 aliases/u],
	['few aliases of something large', `a: &a "${'x'.repeat(100_000)}"\n${many(9, index => `${'bcdefghij'[index]!}: &${'bcdefghij'[index]!} [*${'abcdefghi'[index]!},*${'abcdefghi'[index]!}]\n`)}`, /once its aliases are written out/u],
	['an alias of what it is in', 'a: &a [*a]', /contains it/u],
	['an alias of nothing', 'a: *nowhere', /names no anchor/u],
	['lists 300 000 deep', '['.repeat(300_000), /nested more than 40 deep/u],
	['closed lists 100 000 deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /nested more than 40 deep/u],
	['mappings 41 deep', many(41, index => `${' '.repeat(index)}k:\n`), /nested more than 40 deep/u],
	['JSON 41 deep', `${'{"a":'.repeat(41)}1${'}'.repeat(41)}`, /nested more than 40 deep/u],
	['dashes on one line', '- '.repeat(100_000), /nested more than 40 deep/u],
	['10 001 keys', many(10_001, index => `k${index}: 1\n`), /more than 10000 keys/u],
	['10 001 keys of JSON', `{${many(10_000, index => `"k${index}":1,`)}"z":1}`, /more than 10000 keys/u],
	['501 documents', '--- 1\n'.repeat(501), /more than 500 documents/u],
	['more than 1 MiB', 'a'.repeat(1_048_577), /larger than 1048576 bytes/u],
	['1 MiB in fewer characters', 'ä'.repeat(600_000), /larger than 1048576 bytes/u],
	['anchors without end', '&a '.repeat(300_000), /too many parts|larger than|anchor/u],
	['commas without end', `[${','.repeat(100_000)}]`, /unexpected/u],
];

for (const [what, text, message] of bombs) {
	test(`${what}: refused in good time`, t => {
		const began = performance.now();
		const reading = readDocuments(text);
		t.is(reading.kind, 'refused');
		t.regex(reading.kind === 'refused' ? reading.errors[0]?.message ?? '' : '', message);
		t.true(reading.kind === 'refused' && reading.errors.length <= 10);
		t.true(performance.now() - began < 5000, `${performance.now() - began} ms`);
	});
}

test('exactly at the limits all is well', t => {
	t.is(readDocuments(`${'['.repeat(40)}${']'.repeat(40)}`).kind, 'documents');
	t.is(readDocuments(many(40, index => `${' '.repeat(index)}k:${index === 39 ? ' 1' : ''}\n`)).kind, 'documents');
	t.is(readDocuments(many(10_000, index => `k${index}: 1\n`)).kind, 'documents');
	t.is(readDocuments('--- 1\n'.repeat(500)).kind, 'documents');
	t.is(readDocuments(`a: &a 1\nb: [${many(20, () => '*a,')}]`).kind, 'documents');
	t.is(readDocuments(`a: &a 1\nb: [${many(21, () => '*a,')}]`).kind, 'refused');
	t.is(readDocuments('a: 1', {...defaultDocumentLimits, bytes: 4}).kind, 'documents');
	t.is(readDocuments('a: 1', {...defaultDocumentLimits, bytes: 3}).kind, 'refused');
});
