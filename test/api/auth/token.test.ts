import test from 'ava';
import {bearerOf, createSecret, hashSecret, identify, tokenRecord} from '../../../api/auth/token.js';
import {Token} from '../../../store/resources/token.js';
import {openTestStore} from '../support/store.js';

const now = new Date('2026-11-21T12:00:00Z');

test('a secret has 256 random bits in 43 characters that need no escaping', t => {
	const secrets = Array.from({length: 50}, createSecret);
	t.is(new Set(secrets).size, 50);
	t.true(secrets.every(secret => /^[\w-]{43}$/u.test(secret)));
});

test('a record holds the hash and never the secret', t => {
	const secret = createSecret();
	const record = tokenRecord({name: 'ci', secret, role: 'view', now, ttlSeconds: 60});
	t.false(JSON.stringify(record).includes(secret));
	t.is(record.spec.sha256, hashSecret(secret));
	t.is(record.spec.expiresAt, '2026-11-21T12:01:00Z');
	t.true(Token.safeParse(record).success);
});

for (const [header, secret] of [
	['Bearer abc', 'abc'], ['bearer abc', 'abc'], ['Basic abc', undefined], ['Bearer ', undefined], ['Bearer a b', undefined], [undefined, undefined], [`Bearer ${'x'.repeat(600)}`, undefined],
] as const) {
	test(`of the header ${String(header).slice(0, 20)} the secret is ${String(secret)}`, t => t.is(bearerOf(header), secret));
}

test('a secret names its token until it expires or is deleted', async t => {
	await using opened = await openTestStore();
	const {store} = opened;
	const secret = createSecret();
	await store.transact(transaction => transaction.put(tokenRecord({name: 'ci', secret, role: 'view', now, ttlSeconds: 60})));

	t.deepEqual(identify(store, secret, now), {name: 'ci', role: 'view'});
	t.is(identify(store, createSecret(), now), undefined);
	t.is(identify(store, secret, new Date(now.getTime() + 60_000)), undefined);
	await store.transact(transaction => transaction.delete('Token', {namespace: '', name: 'ci'}));
	t.is(identify(store, secret, now), undefined);
});
