import test from 'ava';
import type {Instance, InstanceStatus} from '../../../store/resources/instance.js';
import {inForce} from '../../../store/resources/files.js';
import {templateOf} from '../../../store/resources/image.js';
import type {Observation} from '../../../reconcilers/ports/engine.js';
import {planInstance} from '../../../reconcilers/instance/plan.js';
import type {Step} from '../../../reconcilers/instance/plan.js';
import {entry} from '../support/objects.js';

const nowMs = Date.parse('2026-01-01T12:00:00Z');
const secondsAgo = (seconds: number): string => new Date(nowMs - seconds * 1000).toISOString();

function instance(status?: Partial<InstanceStatus>, changes: Parameters<typeof entry>[0] = {}, metadata: Partial<Instance['metadata']> = {}): Instance {
	return {
		apiVersion: 'motey.io/v1', kind: 'Instance',
		metadata: {name: 's-app-0', namespace: 'default', uid: 'u', resourceVersion: '1', generation: 1, creationTimestamp: secondsAgo(3600), ...metadata},
		spec: {service: 's', image: templateOf(entry(changes), 'memory'), slot: 0, binding: 1, nodeName: 'here', specHash: 'h1', fence: 1},
		...(status ? {status: {phase: 'Running', reason: '', message: '', ready: true, restarts: 0, engineId: 'e', specHash: 'h1', conditions: [], ...status}} : {}),
	};
}
const seen = (changes: Partial<Observation> = {}): Observation => ({
	name: 'n', namespace: 'default', service: 's', image: 'app', uid: 'u', slot: 0, binding: 1, specHash: 'h1', state: 'running', health: 'none', engineId: 'e', ports: [], limits: {}, startedAt: secondsAgo(30), ...changes,
});
const exited = (changes: Partial<Observation> = {}): Observation => seen({state: 'exited', exitCode: 1, finishedAt: secondsAgo(1), ...changes});
const plan = (of: Instance, observed?: Observation): Step => planInstance({instance: of, observed, name: 'n', nowMs});
const told = (step: Step): unknown => (step.do === 'settle' ? [step.status.phase, step.status.reason, step.status.ready, step.againAfterMs] : 'cause' in step ? [step.do, step.cause] : [step.do]);

const filed = (...files: NonNullable<Parameters<typeof entry>[0]>['files'] & object): Parameters<typeof entry>[0] => ({files});
const present = (...contents: readonly string[]): Partial<InstanceStatus> => ({files: inForce(contents.map((content, index) => ({path: `/${index}`, content})))});

const table: readonly [string, Instance, Observation | undefined, unknown][] = [
	['never started', instance(), undefined, ['start', 'first']],
	['removed by hand', instance({}), undefined, ['start', 'removed']],
	['running', instance({}), seen(), ['Running', '', true, undefined]],
	['waiting for its first check', instance({}), seen({health: 'starting'}), ['Running', 'HealthCheckStarting', false, undefined]],
	['unhealthy', instance({}), seen({health: 'unhealthy'}), ['restart']],
	['unhealthy again too soon', instance({failures: 2}), seen({health: 'unhealthy', startedAt: secondsAgo(5)}), ['Running', 'Unhealthy', false, 15_000]],
	['unhealthy and left alone', instance({}, {restartUnhealthy: false}), seen({health: 'unhealthy'}), ['Running', 'Unhealthy', false, undefined]],
	['paused', instance({}), seen({state: 'paused'}), ['resume']],
	['created and never started', instance(), seen({state: 'created'}), ['start', 'unfinished']],
	['dead', instance({}), seen({state: 'dead'}), ['remove']],
	['renamed', instance({}), seen({name: 'other'}), ['rename']],
	['of an older spec', instance({}), seen({specHash: 'h0'}), ['replace']],
	['of an older spec and ended', instance({}), exited({specHash: 'h0'}), ['replace']],
	['in the slot of another', instance(), seen({uid: 'other'}), ['Pending', 'NameConflict', false, 1000]],
	['other limits', instance({}, {resources: {memory: '64Mi'}}), seen({limits: {memoryBytes: 32 * 2 ** 20}}), ['limit']],
	['a limit that is no longer wanted', instance({resources: {memory: '64Mi'}}), seen({limits: {memoryBytes: 64 * 2 ** 20}}), ['limit']],
	['limits that parameters gave', instance({resources: {}}), seen({limits: {memoryBytes: 64 * 2 ** 20}}), ['Running', '', true, undefined]],
	['crashed once', instance({}), exited(), ['start', 'crashed']],
	['crashed twice', instance({failures: 1}), exited(), ['Failed', 'CrashLoopBackOff', false, 9000]],
	['whose program is none for this machine', instance({}), exited({neverBegan: 'unrunnable', contentId: 'c'}), ['renew']],
	['whose program is none, tried a moment ago', instance({reason: 'ImageDamaged', phase: 'Failed', ready: false, failures: 2, nextAttemptAt: secondsAgo(-20), conditions: [{type: 'Ready', status: 'False', reason: 'ImageDamaged', message: '', lastTransitionTime: secondsAgo(5), observedGeneration: 1}]}), exited({neverBegan: 'unrunnable', contentId: 'c'}), ['Failed', 'ImageDamaged', false, 20_000]],
	['whose program is missing', instance({}), exited({neverBegan: 'missing', contentId: 'c'}), ['renew']],
	['whose program is missing, again', instance({failures: 1}), exited({neverBegan: 'missing', contentId: 'c'}), ['Failed', 'CrashLoopBackOff', false, 9000]],
	['crashed twice, ten seconds ago', instance({failures: 1}), exited({finishedAt: secondsAgo(10)}), ['start', 'crashed']],
	['crashed after ten healthy minutes', instance({failures: 5}), exited({startedAt: secondsAgo(700)}), ['start', 'crashed']],
	['ended with the engine', instance({failures: 5}), exited({endedWithEngine: true}), ['start', 'interrupted']],
	['ended before the engine began, which nobody had seen', instance({failures: 5}), exited({endedBeforeEngine: true, exitCode: 0}), ['start', 'interrupted']],
	['ended before the engine began, which was seen', instance({failures: 1, finishedAt: secondsAgo(1)}), exited({endedBeforeEngine: true}), ['Failed', 'CrashLoopBackOff', false, 9000]],
	['finished before the engine began', instance({}, {restartPolicy: 'OnFailure'}), exited({endedBeforeEngine: true, exitCode: 0}), ['Terminated', 'Completed', false, undefined]],
	['could not be started as it was', instance({reason: 'StartFailed', phase: 'Failed', conditions: [{type: 'Ready', status: 'False', reason: 'StartFailed', message: '', observedGeneration: 1, lastTransitionTime: secondsAgo(10)}]}), exited(), ['replace']],
	['finished', instance({}, {restartPolicy: 'OnFailure'}), exited({exitCode: 0}), ['Terminated', 'Completed', false, undefined]],
	['failed, to be run again', instance({}, {restartPolicy: 'OnFailure'}), exited(), ['start', 'crashed']],
	['failed, not to be run again', instance({}, {restartPolicy: 'Never'}), exited(), ['Failed', 'Error', false, undefined]],
	['finished and cleaned away', instance({phase: 'Terminated', ready: false}, {restartPolicy: 'OnFailure'}), undefined, ['Terminated', '', false, undefined]],
	['finished with an older spec', instance({phase: 'Terminated', ready: false, specHash: 'h0'}, {restartPolicy: 'OnFailure'}), undefined, ['start', 'removed']],
	['with its files', instance(present('a'), filed({path: '/0', content: 'a'})), seen(), ['Running', '', true, undefined]],
	['with older files', instance(present('a'), filed({path: '/0', content: 'b'})), seen(), ['refile']],
	['with files of which nothing is known', instance({}, filed({path: '/0', content: 'b'})), seen(), ['refile']],
	['with older files and unhealthy', instance({...present('a'), failures: 2}, filed({path: '/0', content: 'b'})), seen({health: 'unhealthy', startedAt: secondsAgo(5)}), ['refile']],
	['with older files, crashed twice', instance({...present('a'), failures: 1}, filed({path: '/0', content: 'b'})), exited(), ['start', 'refiled']],
	['with older files, finished', instance(present('a'), {...filed({path: '/0', content: 'b'}), restartPolicy: 'OnFailure'}), exited({exitCode: 0}), ['Terminated', 'Completed', false, undefined]],
	['deleted', instance({}, {}, {deletionTimestamp: secondsAgo(0)}), seen(), ['end']],
];

for (const [title, of, observed, expected] of table) {
	test(`next step: ${title}`, t => {
		t.deepEqual(told(plan(of, observed)), expected);
	});
}

test('what was settled once is settled with the same status the next time', t => {
	for (const [, of, observed] of table) {
		const first = plan(of, observed);
		if (first.do !== 'settle') continue;
		const second = plan({...of, status: first.status}, observed);
		t.deepEqual(second, first);
	}
});

test('failures are forgotten after ten healthy minutes, and the look at that moment is ordered', t => {
	const early = plan(instance({failures: 3}), seen({startedAt: secondsAgo(500)}));
	t.like(early, {do: 'settle', againAfterMs: 100_000});
	const late = plan(instance({failures: 3}), seen({startedAt: secondsAgo(600)}));
	t.is(late.do === 'settle' && late.status.failures, undefined);
});

test('of several files that changed the one that asks for most decides', t => {
	const of = (...wishes: readonly ('restart' | 'signal' | 'none' | undefined)[]): Step => plan(
		instance({...present('a', 'a', 'a'), restarts: 2}, filed(...wishes.map((onChange, index) => ({path: `/${index}`, content: 'b', ...(onChange ? {onChange} : {})})))), seen());
	t.like(of('none'), {do: 'refile', onChange: 'none', paths: ['/0'], counts: {restarts: 2, failures: 0}});
	t.like(of('none', 'signal'), {do: 'refile', onChange: 'signal', paths: ['/0', '/1']});
	t.like(of('none', undefined, 'signal'), {do: 'refile', onChange: 'restart', counts: {restarts: 3, failures: 0}});
});
