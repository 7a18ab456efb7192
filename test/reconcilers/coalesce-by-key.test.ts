import test from 'ava';
import {TestScheduler} from 'rxjs/testing';
import {coalesceByKey} from '../../reconcilers/coalesce-by-key.js';

const scheduler = (t: {deepEqual: (a: unknown, b: unknown) => unknown}): TestScheduler => new TestScheduler((actual, expected) => {
	t.deepEqual(actual, expected);
});

test('triggers that arrive during a run cause exactly one more run', t => {
	scheduler(t).run(({hot, cold, expectObservable}) => {
		const keys = hot('    a-a-a-----------');
		const work = () => cold('----(d|)         ');
		//                          ----(d|)
		const expected = '    ----d---d-------';
		expectObservable(keys.pipe(coalesceByKey(work, {concurrency: 1}))).toBe(expected);
	});
});

test('different keys run beside each other, as many as are allowed', t => {
	const work = (scheduled: (marbles: string, values: Record<string, string>) => ReturnType<Parameters<Parameters<TestScheduler['run']>[0]>[0]['cold']>) => (key: string) => scheduled('----(k|)', {k: key});
	scheduler(t).run(({hot, cold, expectObservable}) => {
		expectObservable(hot('(abc)-----').pipe(coalesceByKey(work(cold), {concurrency: 3}))).toBe('----(abc)-');
	});
	scheduler(t).run(({hot, cold, expectObservable}) => {
		expectObservable(hot('(abc)-----').pipe(coalesceByKey(work(cold), {concurrency: 2}))).toBe('----(ab)c-');
	});
});

test('a key that waits is held once, and the number that waits is told', t => {
	const waiting: number[] = [];
	scheduler(t).run(({hot, cold, expectObservable}) => {
		const keys = hot('              (abb)------------');
		const work = (key: string) => cold('----(k|)', {k: key});
		expectObservable(keys.pipe(coalesceByKey(work, {concurrency: 1, onWaiting: count => waiting.push(count)}))).toBe('----a---b--------');
	});
	t.deepEqual(waiting, [1, 0, 1, 0]);
});

test('unsubscribing ends the work', t => {
	scheduler(t).run(({hot, cold, expectObservable, expectSubscriptions}) => {
		const keys = hot('   a-------');
		const work = cold('  ------(d|)');
		const unsubscribe = '---!';
		expectObservable(keys.pipe(coalesceByKey(() => work, {concurrency: 1})), unsubscribe).toBe('---');
		expectSubscriptions(work.subscriptions).toBe('^--!');
	});
});
