import test from 'ava';
import {eventually} from './eventually.js';

test('it waits through throws and falsy values for the first truthy one', async t => {
	const answers = [() => { throw new Error('not up'); }, () => undefined, () => 'ready'];
	t.is(await eventually(() => answers.shift()!(), {everyMs: 1}), 'ready');
});

test('when the time is over it says what was awaited and what was seen last', async t => {
	const error = await t.throwsAsync(eventually(() => 0, {withinMs: 5, everyMs: 1, what: 'a replica'}));
	t.is(error.message, 'Waited 5 ms for a replica; the last value was 0');
});
