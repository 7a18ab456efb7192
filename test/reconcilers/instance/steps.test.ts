import test from 'ava';
import {Steps} from '../../../reconcilers/instance/steps.js';
import {EngineError, type Engine, type Workload} from '../../../reconcilers/ports/engine.js';
import {noImageSources} from '../../../reconcilers/ports/image-sources.js';
import {workload} from '../../controller/engines/samples.js';
import {instance} from '../../store/samples.js';

/** What is started, one after the other, by an Instance that was made ready to switch at an instant, where its image's name means one content here and the other nodes run another. */
async function startedAtInstant(others: string, has: readonly string[]): Promise<{readonly started: readonly string[]; readonly runs: string | undefined}> {
	const started: string[] = [];
	const contentOf = ({contentId, template: {image}}: Workload): string => contentId ?? (image.startsWith('sha256:') ? image : 'sha256:here');
	const engine = {
		images: {}, review: () => [], stop: async () => Promise.resolve(), remove: async () => Promise.resolve(),
		prepare: async (wanted: Workload) => {
			const contentId = contentOf(wanted);
			return has.includes(contentId) ? Promise.resolve({contentId}) : Promise.reject(new EngineError('ImageUnavailable', 'it is not there', {transient: true}));
		},
		start: async (wanted: Workload) => {
			started.push(contentOf(wanted));
			return Promise.resolve({contentId: contentOf(wanted)});
		},
	} as unknown as Engine;
	let prepared = 1;
	const steps = new Steps({
		width: {prepare: 1, start: 1, end: 1}, recorder: {normal: () => undefined, warning: () => undefined}, images: noImageSources,
		pins: {known: () => undefined, agree: async () => Promise.resolve(others)}, takePrepared: () => prepared-- > 0,
	});
	const {signal} = new AbortController();
	const runs = await steps.perform({do: 'replace', because: 'its spec changed'}, {
		engine, instance: instance('web'), workload: workload(), checkPorts: () => undefined, whilePreparing: signal, signal, showing: async (_stage, work) => work(),
	});
	return {started, runs: runs?.contentId};
}

test('what began at an instant with another content than that of the other nodes is replaced by theirs, once', async t => {
	t.deepEqual(await startedAtInstant('sha256:theirs', ['sha256:here', 'sha256:theirs']), {started: ['sha256:here', 'sha256:theirs'], runs: 'sha256:theirs'});
	t.deepEqual(await startedAtInstant('sha256:here', ['sha256:here']), {started: ['sha256:here'], runs: 'sha256:here'});
});

test('where nobody can give the content of the others, what began at an instant goes on', async t => {
	t.deepEqual(await startedAtInstant('sha256:theirs', ['sha256:here']), {started: ['sha256:here'], runs: 'sha256:here'});
});
