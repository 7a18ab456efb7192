import test from 'ava';
import {patchBetween, threeWayPatch} from '../../../api/cli/three-way-merge.js';

interface Vector {
	readonly title: string;
	readonly original?: Readonly<Record<string, unknown>>;
	readonly modified: Readonly<Record<string, unknown>>;
	readonly current: Readonly<Record<string, unknown>>;
	readonly patch: unknown;
}

const image = (name: string, rest: object = {}): object => ({name, image: `${name}:1`, ...rest});

const vectors: readonly Vector[] = [
	{title: 'nothing changes when the file says what is there', original: {a: 1}, modified: {a: 1}, current: {a: 1, b: 2}, patch: undefined},
	{title: 'a changed value is set', original: {a: 1}, modified: {a: 2}, current: {a: 1}, patch: {a: 2}},
	{title: 'a new key is added', original: {}, modified: {a: {b: 1}}, current: {}, patch: {a: {b: 1}}},
	{title: 'a key removed from the file disappears', original: {a: 1, b: 2}, modified: {a: 1}, current: {a: 1, b: 2}, patch: {b: null}},
	{title: 'a key removed from the file that is gone already is no change', original: {a: 1, b: 2}, modified: {a: 1}, current: {a: 1}, patch: undefined},
	{title: 'what others set stays', original: {spec: {a: 1}}, modified: {spec: {a: 1}}, current: {spec: {a: 1, replicas: 3}}, patch: undefined},
	{title: 'what others set in place of the file is set back', original: {a: 1}, modified: {a: 1}, current: {a: 7}, patch: {a: 1}},
	{title: 'without a last applied, nothing is removed', modified: {a: 1}, current: {a: 1, b: 2}, patch: undefined},
	{title: 'null in the file removes', original: {}, modified: {a: null}, current: {a: 1}, patch: {a: null}},
	{title: 'null in the file for what is absent is no change', original: {}, modified: {a: null}, current: {}, patch: undefined},
	{title: 'removed keys are found deep within', original: {m: {labels: {x: '1', y: '2'}}}, modified: {m: {labels: {x: '1'}}}, current: {m: {labels: {x: '1', y: '2', z: '3'}}}, patch: {m: {labels: {y: null}}}},
	{title: 'a mapping that becomes a value replaces it', original: {a: {b: 1}}, modified: {a: 5}, current: {a: {b: 1}}, patch: {a: 5}},
	{title: 'a list is replaced whole', original: {l: [1]}, modified: {l: [1, 2]}, current: {l: [1, 9]}, patch: {l: [1, 2]}},
	{
		title: 'the replicas that a scale gave one image survive', original: {spec: {images: [image('web')]}}, modified: {spec: {images: [image('web')]}},
		current: {spec: {images: [image('web', {replicas: 3})]}}, patch: undefined,
	},
	{
		title: 'the replicas of one image go back when the file says another number', original: {spec: {images: [image('web', {replicas: 1})]}}, modified: {spec: {images: [image('web', {replicas: 2})]}},
		current: {spec: {images: [image('web', {replicas: 3})]}}, patch: {spec: {images: [image('web', {replicas: 2})]}},
	},
	{
		title: 'an image removed from the file disappears', original: {spec: {images: [image('web'), image('db')]}}, modified: {spec: {images: [image('web')]}},
		current: {spec: {images: [image('web', {replicas: 3}), image('db')]}}, patch: {spec: {images: [image('web', {replicas: 3})]}},
	},
	{
		title: 'an image somebody else added stays', original: {spec: {images: [image('web')]}}, modified: {spec: {images: [image('web')]}},
		current: {spec: {images: [image('web'), image('sidecar')]}}, patch: undefined,
	},
	{
		title: 'a parameter removed from an image disappears', original: {spec: {images: [image('web', {parameters: {a: 1, b: 2}})]}}, modified: {spec: {images: [image('web', {parameters: {a: 1}})]}},
		current: {spec: {images: [image('web', {parameters: {a: 1, b: 2}})]}}, patch: {spec: {images: [image('web', {parameters: {a: 1}})]}},
	},
];

for (const {title, original, modified, current, patch} of vectors) {
	test(title, t => t.deepEqual(threeWayPatch({original, modified, current}), patch as never));
}

test('the patch between two objects, applied, gives the second', t => {
	t.deepEqual(patchBetween({a: 1, b: {c: 1, d: 2}}, {b: {c: 1, e: [1]}}), {a: null, b: {d: null, e: [1]}});
	t.is(patchBetween({a: [1, {b: 2}]}, {a: [1, {b: 2}]}), undefined);
});
