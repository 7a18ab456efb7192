import test from 'ava';
import {NEVER, Subject, Subscription} from 'rxjs';
import {again, done} from '../../reconcilers/outcome.js';
import type {Outcome} from '../../reconcilers/outcome.js';
import {createReconcileLoop} from '../../reconcilers/reconcile-loop.js';
import type {ReconcileLoopOptions, ReconcileReport} from '../../reconcilers/reconcile-loop.js';
import {eventually} from '../support/eventually.js';
import {clock, silent} from './support/agent.js';

function run(options: Pick<ReconcileLoopOptions, 'reconcile'> & Partial<ReconcileLoopOptions>): {reports: ReconcileReport[]; subscription: Subscription} & Disposable {
	const loop = createReconcileLoop({name: 'test', sources: [NEVER], resyncMs: 1e6, keys: () => [], concurrency: 4, clock, log: silent, ...options});
	const reports: ReconcileReport[] = [];
	const subscription = loop.reports.subscribe(report => reports.push(report));
	return {reports, subscription, [Symbol.dispose]: () => subscription.unsubscribe()};
}

test('everything is looked at when the loop begins, and again at each resync', async t => {
	using loop = run({keys: () => ['a', 'b'], resyncMs: 20, reconcile: () => Promise.resolve(done)});
	await eventually(() => loop.reports.filter(report => report.key === 'b').length >= 3);
	t.true(loop.reports.every(report => report.outcome === 'done'));
});

test('a look at everything that fails is made again at the next resync', async t => {
	let looks = 0;
	const keys = (): string[] => {
		looks += 1;
		if (looks === 2) throw new Error('not just now');
		return ['a'];
	};
	using loop = run({keys, resyncMs: 20, reconcile: () => Promise.resolve(done)});
	await eventually(() => loop.reports.length >= 3);
	t.true(looks >= 4);
});

test('a key that fails is tried again with growing pauses, and holds up no other', async t => {
	let failures = 0;
	const reconcile = (key: string): Promise<Outcome> => {
		if (key === 'good' || failures >= 4) return Promise.resolve(done);
		failures += 1;
		return Promise.reject(new Error('not yet'));
	};
	using loop = run({keys: () => ['bad', 'good'], reconcile});
	await eventually(() => loop.reports.some(report => report.key === 'bad' && report.outcome === 'done'));
	const pauses = loop.reports.flatMap(report => report.againAfterMs ?? []);
	t.is(pauses.length, 4);
	t.true(pauses[3]! > pauses[0]!);
	t.is(loop.reports.filter(report => report.key === 'good').length, 1);
});

test('what will not pass by itself waits for its next trigger', async t => {
	const keys = new Subject<string>();
	using loop = run({sources: [keys], reconcile: () => Promise.reject(Object.assign(new Error('never'), {transient: false}))});
	keys.next('a');
	await eventually(() => loop.reports.length === 1);
	t.is(loop.reports[0]!.againAfterMs, undefined);
	keys.next('a');
	await eventually(() => loop.reports.length === 2);
});

test('a trigger makes the pending timer of its key void', async t => {
	const keys = new Subject<string>();
	let count = 0;
	using loop = run({sources: [keys], reconcile: () => Promise.resolve((count += 1) === 1 ? again(50) : done)});
	keys.next('a');
	await eventually(() => loop.reports.length === 1, {everyMs: 1});
	keys.next('a');
	await eventually(() => loop.reports.length === 2);
	const later = performance.now() + 100;
	await eventually(() => performance.now() > later);
	t.is(loop.reports.length, 2);
});

test('unsubscribing aborts what is under way', async t => {
	let begun = false;
	let aborted = false;
	const loop = run({keys: () => ['a'], reconcile: (_key, signal) => new Promise((_resolve, reject) => {
		begun = true;
		signal.addEventListener('abort', () => {
			aborted = true;
			reject(new Error('aborted'));
		});
	})});
	await eventually(() => begun);
	loop.subscription.unsubscribe();
	await eventually(() => aborted);
	t.is(loop.reports.length, 0);
});
