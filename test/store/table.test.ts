import test from 'ava';
import {entryOf, Table} from '../../store/level/table.js';
import {service} from './samples.js';

test('lists are made once while nothing changes, and nothing is kept of a namespace that has nothing', t => {
	const table = new Table();
	table.set(entryOf(service('web'), 0));
	t.is(table.list('Service', 'default'), table.list('Service', 'default'));
	t.deepEqual(table.list('Service', 'nowhere'), []);
	t.not(table.list('Service', 'nowhere'), table.list('Service', 'nowhere'));
});
