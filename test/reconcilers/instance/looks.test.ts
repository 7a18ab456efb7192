import test from 'ava';
import {Looks} from '../../../reconcilers/instance/looks.js';

test('an Instance is looked at first once, and again when another run of it has its uid', t => {
	const looks = new Looks();
	const first: string[] = [];
	const subscription = looks.first.subscribe(uid => first.push(uid));
	t.false(looks.has('u1'));
	looks.add('u1');
	looks.add('u1');
	t.true(looks.has('u1'));
	looks.forget('u1');
	t.false(looks.has('u1'));
	looks.add('u1');
	t.deepEqual(first, ['u1', 'u1']);
	subscription.unsubscribe();
});
