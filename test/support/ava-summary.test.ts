import test from 'ava';
import {summarizeAva} from './ava-summary.js';

test('tests are counted line by line, also where a failure hides how many passed', t => {
	const report = [
		'  ', '✔ store › opens', '✔ store › reads (1.2s)', '✘ [fail]: store › writes Disk full', '- [skip] store › shrinks', '- [todo] store › sleeps',
		'─', '', '✔ in a diff', '1 test failed', '',
	].map(line => `  ${line}`).join('\n');
	t.deepEqual(summarizeAva(report, 1), {passed: 2, failed: 1, skipped: 2});
});

test('a file that breaks off counts as one failure, however much is said of it', t => {
	const report = [
		'✔ a › works', 'Uncaught exception in dist/test/b.test.js', '', '✘ dist/test/b.test.js exited with a non-zero exit code: 1',
		'✘ 3 tests remaining in dist/test/c.test.js', '✘ No tests found in dist/test/d.test.js, make sure to import "ava" at the top of your test file',
		'2 tests were pending in dist/test/e.test.js', '─',
	].join('\n');
	t.deepEqual(summarizeAva(report, 1), {passed: 1, failed: 4, skipped: 0});
});

test('colours change nothing, and a failed run is never without a failure', t => {
	t.deepEqual(summarizeAva('\u001B[32m✔\u001B[39m works\n', 0), {passed: 1, failed: 0, skipped: 0});
	t.deepEqual(summarizeAva('', 1), {passed: 0, failed: 1, skipped: 0});
});
