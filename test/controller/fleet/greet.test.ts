import test from 'ava';
import {greet} from '../../../controller/fleet/greet.js';
import {PeerError} from '../../../reconcilers/ports/peers.js';
import type {PeerRequest} from '../../../controller/peers/pending.js';
import {makeKeys, memberOf} from '../peers/peer-node.js';

const silent = () => undefined;
const log = {debug: silent, info: silent, warn: silent, error: silent};
const address = {host: '127.0.0.1', port: 1, publishPort: 2};

/** What comes of a greeting when the peer answers so. */
async function greeted(selfId: string, answer: (request: PeerRequest) => unknown, isGenuine = true) {
	return greet('a'.repeat(26), {
		selfId, address, log, membership: {isGenuine: () => isGenuine},
		sockets: {request: async (_nodeId, request) => Promise.resolve({data: answer(request), action: '', last: true, bytes: 0})},
	});
}

const refuse = (): never => {
	throw new PeerError('Refused', 'this node was forgotten by its cluster');
};

test('a peer that did not answer was not greeted', async t => {
	t.is(await greeted('self', () => ({})), 'told');
	for (const code of ['Unreachable', 'Failed', 'NotFound'] as const) {
		t.is(await greeted('self', () => {
			throw new PeerError(code, 'no');
		}), 'unheard');
	}
});

test('this node was forgotten only when a genuine record of its own says so', async t => {
	const keys = await makeKeys('self');
	const {spec} = memberOf(keys, [], true);
	const showing = (record: unknown) => ({action}: PeerRequest) => action === 'node.hello' ? refuse() : record === undefined ? {} : {record};
	t.is(await greeted(spec.id, showing(spec)), 'forgotten');
	t.is(await greeted(spec.id, showing(spec), false), 'told');
	t.is(await greeted('another', showing(spec)), 'told');
	t.is(await greeted(spec.id, showing({...spec, forgotten: false})), 'told');
	t.is(await greeted(spec.id, showing(undefined)), 'told');
	await t.throwsAsync(greeted(spec.id, showing('rubbish')));
});
