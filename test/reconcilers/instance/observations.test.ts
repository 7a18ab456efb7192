import test from 'ava';
import {Observations} from '../../../reconcilers/instance/observations.js';

test('an answer asked for before a hint came is not believed', t => {
	const observations = new Observations();
	const moment = observations.moment();
	observations.forget('a');
	observations.learn('a', undefined, moment);
	t.is(observations.get('a'), undefined);
	observations.learn('a', undefined, observations.moment());
	t.truthy(observations.get('a'));
});

test('a list begun before something newer was learned changes nothing about it', t => {
	const observations = new Observations();
	const list = observations.moment();
	observations.learn('a', undefined, observations.moment());
	const known = observations.get('a');
	observations.learn('a', undefined, list);
	t.is(observations.get('a'), known);
	observations.forgetAll();
	observations.learn('b', undefined, list);
	t.is(observations.get('b'), undefined);
});
