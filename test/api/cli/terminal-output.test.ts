import test from 'ava';
import {WorkloadError} from '../../../api/ports/workloads.js';
import {eventually} from '../../support/eventually.js';
import {serveTestApi, serviceDocument, servicesPath} from '../support/serve.js';
import {runCli, startCli} from './support/run-cli.js';
import {withInstance, withServices} from './support/with-objects.js';

test('an instance without a log keeps nobody from the logs of the others', async t => {
	await using api = await serveTestApi({workloads: {
		async * logs({metadata}) {
			if (metadata.name !== 'shop-web-1') throw new WorkloadError('NotFound', 'there is no container yet');
			yield await Promise.resolve({stream: 'stdout' as const, text: 'hello'});
		},
		stats: () => Promise.reject(new WorkloadError('NotFound', 'nothing runs here')),
		volumes: () => [],
	}});
	await withServices(api, 'shop');
	await withInstance(api, 'shop', 0);
	const none = await runCli(api, ['logs', 'shop']);
	t.is(none.code, 6);
	t.is(none.stderr, 'error: shop-web-0: there is no container yet\n`motey describe instance shop-web-0` tells how it is.\n');
	await withInstance(api, 'shop', 1);
	t.deepEqual(await runCli(api, ['logs', 'shop']), {code: 0, stdout: '[shop-web-1] hello\n', stderr: 'shop-web-0: there is no container yet\n'});
});

test('the log of an instance that restarted is followed though the news of it came while the old one was being read', async t => {
	let runs = 0;
	await using api = await serveTestApi({workloads: {
		async * logs(_instance, {signal}) {
			runs += 1;
			yield await Promise.resolve({stream: 'stdout' as const, text: `run ${runs}`});
			if (runs > 1) await new Promise(resolve => signal.addEventListener('abort', resolve));
		},
		stats: () => Promise.reject(new WorkloadError('NotFound', 'nothing runs here')),
		volumes: () => [],
	}});
	await withServices(api, 'shop');
	await withInstance(api, 'shop', 0);
	const live = startCli(api, ['logs', 'shop', '-f']);
	await eventually(() => live.output() === 'run 1\nrun 2\n');
	live.interrupt();
	t.is((await live.ended).code, 130);
});

test('what others wrote is shown to a terminal and never obeyed by it, and goes through a pipe as it is', async t => {
	const evil = 'a\u001B]0;renamed\u0007b\u001B[2Jc\u202Ed\re';
	const shown = 'a^[]0;renamed^Gb^[[2Jc\\u202ed';
	await using api = await serveTestApi({workloads: {
		async * logs() {
			yield await Promise.resolve({stream: 'stdout' as const, text: `\u001B[31mred ${evil}`});
		},
		stats: () => Promise.reject(new WorkloadError('NotFound', 'nothing runs here')),
		volumes: () => [],
	}});
	await api.call('POST', servicesPath, {body: serviceDocument('shop', {metadata: {name: 'shop', annotations: {note: `${evil}\nf`}}})});
	await withInstance(api, 'shop', 0);
	const uid = api.store.get('Service', {namespace: 'default', name: 'shop'})!.metadata.uid;
	api.store.events.record({about: {apiVersion: 'motey.io/v1', kind: 'Service', name: 'shop', namespace: 'default', uid}, type: 'Warning', reason: 'Failed', message: evil, component: 'test'});
	for (const argv of [['logs', 'shop'], ['events'], ['get', 'events'], ['describe', 'service', 'shop']]) {
		const terminal = (await runCli(api, argv, {terminal: true})).stdout;
		t.true(terminal.includes(shown), argv.join(' '));
		t.deepEqual([...terminal.matchAll(/\u001B(?!\[[\d;]*m)|[\u0007\r\u202E]/gu)], [], argv.join(' '));
		t.true((await runCli(api, argv)).stdout.includes(argv[0] === 'logs' ? evil : evil.replace('\r', ' ')), argv.join(' '));
	}
	t.regex((await runCli(api, ['logs', 'shop'], {terminal: true})).stdout, /^\u001B\[31mred .*\u001B\[0m\n$/u);
	t.false((await runCli(api, ['get', 'service', 'shop', '-o', 'json'], {terminal: true})).stdout.includes('\u202E'));
});

test('a table higher than the terminal is not drawn over: each change is a line', async t => {
	await using api = await serveTestApi();
	await withServices(api, 'a', 'b', 'c');
	const live = startCli(api, ['get', 'services', '-w'], {terminal: true, rows: 4, environment: {noColour: true}});
	await eventually(() => live.output().includes('c '));
	await withServices(api, 'd');
	await eventually(() => live.output().includes('d '));
	live.interrupt();
	const {stdout} = await live.ended;
	t.false(stdout.includes('\u001B'));
	t.is(stdout.trim().split('\n').length, 5);
});
