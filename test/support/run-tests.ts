/** Runs the tests inside the namespaces that scripts/test.sh made: one engine for all, AVA, and the closing line. */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {text} from 'node:stream/consumers';
import {summarizeAva, type AvaSummary} from './ava-summary.js';
import {startDockerd} from './dockerd.js';

/** The compiled test files whose path contains one of `selections`, or that one of them names as its source; all without any. */
function selectFiles(selections: readonly string[]): string[] {
	const files = readdirSync('dist/test', {recursive: true, encoding: 'utf8'})
		.filter(path => path.endsWith('.test.js'))
		.map(path => join('dist', 'test', path))
		.sort();
	const wanted = selections.map(each => each.replace(/^\.\//, '').replace(/\.ts$/, '.js'));
	return wanted.length === 0 ? files : files.filter(file => wanted.some(each => file.includes(each)));
}

async function runAva(files: readonly string[], environment: NodeJS.ProcessEnv): Promise<AvaSummary> {
	const child = spawn('node_modules/.bin/ava', files, {stdio: ['ignore', 'pipe', 'inherit'], env: environment});
	child.stdout.pipe(process.stdout, {end: false});
	const [report, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')]);
	return summarizeAva(report, typeof exitCode === 'number' ? exitCode : 1);
}

async function runTests(directory: string, selections: readonly string[]): Promise<AvaSummary> {
	const files = selectFiles(selections);
	if (files.length === 0) throw new Error(`No test file matches ${selections.join(' ')}`);
	await using engine = await startDockerd({directory: join(directory, 'engine'), alone: true});
	await engine.loadImages();
	return await runAva(files, {...process.env, MOTEY_TEST_DOCKER: engine.url});
}

const directory = process.env['MOTEY_TEST_RUN'];
if (directory === undefined) throw new Error('MOTEY_TEST_RUN is not set; run `npm test`');
const {passed, failed, skipped} = await runTests(directory, process.argv.slice(2)).catch((error: unknown): AvaSummary => {
	console.error(error);
	return {passed: 0, failed: 1, skipped: 0};
});
if (skipped > 0) process.stdout.write(`\n${skipped} skipped: what is not run is not known to work, so the run has failed.\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || skipped > 0 || passed === 0 ? 1 : 0;
