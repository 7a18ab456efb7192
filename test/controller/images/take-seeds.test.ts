import {tmpdir} from 'node:os';
import test from 'ava';
import {createSeedTaking} from '../../../controller/images/take-seeds.js';
import type {Engine} from '../../../reconcilers/ports/engine.js';

const {signal} = new AbortController();

/** What becomes of an image that is offered ahead of time, and how often it was fetched. */
async function offered({isOn = true, here = [], sizes = {}}: {readonly isOn?: boolean; readonly here?: readonly string[]; readonly sizes?: Readonly<Record<string, number>>}) {
	const fetched: (string | undefined)[] = [];
	const engine = {name: 'docker', images: {find: async (id: string) => Promise.resolve(here.includes(id) ? {id} : undefined)}} as unknown as Engine;
	const seeds = createSeedTaking({
		engines: {all: [engine], get: () => engine}, directory: tmpdir(), isOn,
		fetching: {sizeOf: async ({contentId = ''}) => Promise.resolve(sizes[contentId])},
		sources: {fetch: async ({contentId}) => {
			fetched.push(contentId);
			return Promise.resolve(contentId);
		}},
	});
	const {state} = await seeds.take({reference: 'shop/web:1', contents: ['one', 'two']}, {signal, onProgress: () => undefined});
	return [state, ...fetched];
}

test('what is for this kind of machine is fetched ahead of time, once', async t => {
	t.deepEqual(await offered({sizes: {two: 1}}), ['fetched', 'two']);
	t.deepEqual(await offered({here: ['two'], sizes: {one: 1}}), ['here']);
	t.deepEqual(await offered({}), ['nobody']);
});

test('what would leave too little of the disk is not, nor anything where it is turned off', async t => {
	t.deepEqual(await offered({sizes: {one: 2 ** 60}}), ['noRoom']);
	t.deepEqual(await offered({isOn: false, sizes: {one: 1}}), ['off']);
});
