import test from 'ava';
import {createGreetings} from '../../../controller/fleet/greetings.js';

/** Greetings whose ends the test decides, in the order in which they began. */
function open() {
	const begun: {readonly id: string; readonly end: (isHeard: boolean) => Promise<void>; readonly fail: (error: Error) => Promise<void>}[] = [];
	const errors: unknown[] = [];
	const greetings = createGreetings({
		greet: async id => new Promise<boolean>((resolve, reject) => begun.push({
			id,
			async end(isHeard) {
				resolve(isHeard);
				await new Promise(setImmediate);
			},
			async fail(error) {
				reject(error);
				await new Promise(setImmediate);
			},
		})),
		onError: error => errors.push(error),
	});
	return {greetings, begun, errors, ids: () => begun.map(({id}) => id)};
}

test('a peer is greeted once over a link, and again over the next', async t => {
	const {greetings, begun, ids} = open();
	greetings.meet('a');
	greetings.meet('a');
	await begun[0]!.end(true);
	greetings.meet('a');
	t.deepEqual(ids(), ['a']);
	greetings.forget('a');
	greetings.meet('a');
	greetings.forgetAll();
	greetings.meet('a');
	t.deepEqual(ids(), ['a', 'a', 'a']);
});

test('a peer that did not hear, or that failed, is greeted again when it is met again', async t => {
	const {greetings, begun, ids, errors} = open();
	greetings.meet('a');
	await begun[0]!.end(false);
	greetings.meet('a');
	await begun[1]!.fail(new Error('it broke'));
	greetings.meet('a');
	await begun[2]!.end(true);
	greetings.meet('a');
	t.deepEqual(ids(), ['a', 'a', 'a']);
	t.deepEqual(errors.map(String), ['Error: it broke']);
});

test('one that does not answer holds up no other', t => {
	const {greetings, ids} = open();
	for (const id of ['mute', 'a', 'b', 'mute']) greetings.meet(id);
	t.deepEqual(ids(), ['mute', 'a', 'b']);
});

test('what comes of a greeting over an old link says nothing of the new one', async t => {
	const {greetings, begun, ids} = open();
	greetings.meet('a');
	greetings.forget('a');
	greetings.meet('a');
	await begun[0]!.end(false);
	greetings.meet('a');
	t.deepEqual(ids(), ['a', 'a']);
});
