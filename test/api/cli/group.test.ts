import test from 'ava';
import {z} from 'zod';
import {builtin} from '../../../controller/peers/mdp/builtins.js';
import {openTestMdp} from '../../controller/peers/mdp/open-test-mdp.js';
import {serveTestApi} from '../support/serve.js';
import {runCli} from './support/run-cli.js';

test('motey group act takes the instants that motey apply takes, and asks no node for one that cannot be read', async t => {
	const asked: unknown[] = [];
	await using mdp = await openTestMdp({builtins: [builtin({
		service: 'group', action: 'group.act', summary: 'act', schema: z.looseObject({}),
		handle(data) {
			asked.push(data);
			return Promise.resolve({outcome: 'accepted', reason: '', votes: [], performances: []});
		},
	})]});
	await using api = await serveTestApi({calls: mdp.calls});
	const act = async (...when: readonly string[]) => runCli(api, ['group', 'act', 'lamps', '{"colour": "red"}', ...when]);
	for (const when of [['--in', '5s'], ['--at', '+5s'], ['--at', 'in 5s'], ['--at', '2026-12-24T18:00:00+01:00']]) t.like(await act(...when), {code: 0, stdout: 'accepted\n'}, when.join(' '));
	const common = {group: 'lamps', action: {colour: 'red'}, rule: 'consensus'};
	t.deepEqual(asked.splice(0), [...Array.from({length: 3}, () => ({...common, inMs: 5000})), {...common, at: Date.parse('2026-12-24T17:00:00Z')}]);
	for (const when of [[], ['--at', '2026-12-24T18:00:00'], ['--at', '18:00'], ['--at', '5'], ['--at', 'tomorrow'], ['--in', '-5s'], ['--in', '5s', '--at', '+5s']]) t.is((await act(...when)).code, 2, when.join(' '));
	t.deepEqual(asked, []);
	t.like(await act('--in', '30s'), {stderr: ''});
	t.is((await runCli(api, ['group', 'act', 'lamps', 'red', '--in', '30s'], {terminal: true})).stderr, 'the members vote now; the instant is in 30 s\n', 'whoever looks on is told why it takes its time');
});
