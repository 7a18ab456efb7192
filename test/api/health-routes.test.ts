import test from 'ava';
import {serveTestApi} from './support/serve.js';

test('probes are open to everybody and say ok or not ok, nothing else', async t => {
	const engine = {name: 'engine', ok: true, message: 'docker 20.10'};
	await using api = await serveTestApi({health: {checks: () => [engine]}});
	const ask = async (path: string): Promise<{status: number; text: string}> => {
		const answer = await fetch(`${api.served.url}${path}`);
		return {status: answer.status, text: await answer.text()};
	};
	for (const path of ['/livez', '/readyz', '/healthz']) t.deepEqual(await ask(path), {status: 200, text: 'ok'});
	engine.ok = false;
	for (const path of ['/readyz', '/healthz']) t.deepEqual(await ask(path), {status: 503, text: 'not ok'});
	t.deepEqual(await ask('/livez'), {status: 200, text: 'ok'}, 'a process that answers lives');
	t.is((await ask('/healthz/engine')).status, 401);
	t.is((await fetch(`${api.served.url}/healthz`, {method: 'DELETE'})).status, 401);
});
