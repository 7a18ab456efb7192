import test from 'ava';
import {changedFiles, inForce, mostFileBytes} from '../../../store/resources/files.js';
import {check} from '../../../store/resources/problems.js';
import {ServiceInput} from '../../../store/resources/service.js';

const wrong = (...files: readonly unknown[]): readonly string[] => {
	const checked = check(ServiceInput, {metadata: {name: 'shop'}, spec: {images: [{image: 'x', files}]}});
	return checked.ok ? [] : checked.problems.map(({path, message}) => `${path.replace('spec.images[0].', '')} ${message}`);
};

test('a file has a plain path below the root of the container', t => {
	for (const path of ['/a', '/etc/shop.conf', '/etc/.hidden', '/etc/a..b/...', '/with a blank/ä']) t.deepEqual(wrong({path, content: ''}), [], path);
	for (const path of ['', '/', 'etc/a', './a', '/etc/', '/etc//a', '/etc/../a', '/..', '/etc/.', '/a\nb', '/a\u0000', `/${'a'.repeat(255)}`]) {
		t.is(wrong({path, content: ''}).length, 1, JSON.stringify(path));
	}
});

test('a mode is octal text within 0777', t => {
	for (const mode of ['0644', '644', '0000', '777']) t.deepEqual(wrong({path: '/a', content: '', mode}), [], mode);
	for (const mode of [644, 0o644, '4755', '1777', '0999', 'u+x', '']) t.is(wrong({path: '/a', content: '', mode}).length, 1, String(mode));
});

test('the files of an entry are bounded together, by bytes and not by characters', t => {
	const half = 'ä'.repeat(mostFileBytes / 4);
	t.deepEqual(wrong({path: '/a', content: half}, {path: '/b', content: half}), []);
	t.deepEqual(wrong({path: '/a', content: half}, {path: '/b', content: `${half}x`}), [`files have more than ${mostFileBytes} bytes together: large ones belong in the image or in a volume`]);
	t.is(wrong(...Array.from({length: 33}, (_, index) => ({path: `/${index}`, content: ''}))).length, 1);
});

test('no two files have one place', t => {
	t.deepEqual(wrong({path: '/a', content: 'x'}, {path: '/a', content: 'y'}), ['files two of them have one path']);
	t.deepEqual(wrong({path: '/a/b', content: 'x'}, {path: '/a', content: 'y'}), ['files one of them would have to be a directory for another to be in it']);
	t.deepEqual(wrong({path: '/a/b', content: 'x'}, {path: '/a/bc', content: 'y'}), []);
});

test('a file has changed when its content is not in force, whatever order they are in', t => {
	const files = [{path: '/a', content: '1'}, {path: '/b', content: '2'}];
	t.deepEqual(changedFiles(files, inForce(files.toReversed())), []);
	t.deepEqual(changedFiles([{path: '/a', content: '1'}, {path: '/b', content: '3'}], inForce(files)), [{path: '/b', content: '3'}]);
	t.deepEqual(changedFiles(files), files);
	t.deepEqual(changedFiles(undefined, inForce(files)), []);
	t.deepEqual(inForce([{path: '/a', content: 'shop\n'}]), [{path: '/a', digest: 'sha256:0f94d09be3a83267368f2c71408d7e0342f6c7be219409d1f729c405af82b733'}]);
});
