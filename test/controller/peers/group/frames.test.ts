import test from 'ava';
import {readFrames, writeFrames} from '../../../../controller/peers/group/frames.js';
import type {Message} from '../../../../controller/peers/group/messages.js';

const buffers = (frames: readonly string[]): Buffer[] => frames.map(frame => Buffer.from(frame));
const node = 'a'.repeat(26);
const from = `${node}/lamp`;
const publication: Message = {from, term: 3, lineage: 'l', body: {type: 'publication', run: 'r', sequence: 7, tag: 'level', payload: {lux: 40}, sentAtMs: 1_800_000_000_000}};
const alive: Message = {from, term: 3, body: {type: 'alive', presence: {run: 'r', kind: 'lamp', pending: true, leaving: false, published: 0, size: 0, led: false, over: false}}};

test('a publication is group, tag, sender, sequence and payload, and carries when it was sent', t => {
	const frames = writeFrames('lamps', publication);
	t.deepEqual(frames.slice(0, 5), ['group lamps', 'level', from, '7', '{"lux":40}']);
	t.deepEqual(readFrames(node, buffers(frames)), {group: 'lamps', message: publication});
});

test('what members say of themselves goes the same way, without what is as usual', t => {
	const frames = writeFrames('lamps', alive);
	t.deepEqual(frames, ['group lamps', JSON.stringify({from, term: 3, body: {type: 'alive', presence: {run: 'r', kind: 'lamp', pending: true, size: 0}}})]);
	t.deepEqual(readFrames(node, buffers(frames)), {group: 'lamps', message: alive});
});

test('a node that speaks for itself is known by its link', t => {
	const own = {...alive, from: node};
	const frames = writeFrames('cluster', own);
	t.false(frames.join('').includes(node));
	t.deepEqual(readFrames(node, buffers(frames)), {group: 'cluster', message: own});
});

test('what cannot be read is nothing', t => {
	const good = writeFrames('lamps', publication);
	const changed = (index: number, text: string): Buffer[] => buffers(good.map((frame, at) => (at === index ? text : frame)));
	for (const frames of [
		[], [Buffer.from('group ')], buffers(good.slice(0, 5)), changed(0, 'group no name'), changed(3, 'x'), changed(3, '-1'), changed(3, '1e400'), changed(5, '{'), changed(5, '{"run": 1}'),
		changed(1, 't'.repeat(257)), changed(4, `"${'€'.repeat(11_000)}"`), changed(4, `${'['.repeat(15_000)}${']'.repeat(15_000)}`), [Buffer.from([0xff, 0xfe]), ...buffers(good.slice(1))],
		buffers(['group lamps', '[]']), buffers(['group lamps', `{"a":`.repeat(10_000)]), buffers(['group lamps', JSON.stringify({...alive, term: -1})]),
	]) t.is(readFrames(node, frames), undefined);
});
