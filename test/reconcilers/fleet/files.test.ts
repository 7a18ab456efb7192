import test from 'ava';
import type {ServiceSpec} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes} from '../support/linked-nodes.js';
import type {LinkedNode} from '../support/linked-nodes.js';
import {applyShop as apply, shopKey as key} from '../support/linked-service.js';

const spec = (content: string): ServiceSpec => ({images: [{name: 'web', image: 'web', engine: 'simulated', capabilities: ['node-1'], files: [{path: '/etc/shop.conf', content, onChange: 'signal'}]}]});
const isReady = ({store}: LinkedNode): boolean => {
	const service = store.get('Service', key);
	return service?.status?.observedGeneration === service?.metadata.generation && service?.status?.conditions.some(({type, status}) => type === 'Ready' && status === 'True') === true;
};

test('files reach the node that runs a service of another, and so does what becomes of them', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec('one'));
	await eventually(() => isReady(a));
	const [uid] = await b.running() as [string];
	t.deepEqual(b.engine.control.filesOf(uid).map(({content}) => content), ['one']);
	await apply(a, spec('two'));
	await eventually(() => isReady(a) && b.engine.control.filesOf(uid)[0]?.content === 'two');
	t.is(b.engine.control.hangUpsOf(uid), 1);
	t.deepEqual(await b.running(), [uid]);
	t.is(a.store.list('Instance').items[0]!.status!.restarts, 0);
});

test('what changed while its node was cut off reaches it after the cut, once', async t => {
	await using fleet = await linkNodes(2);
	const [a, b] = fleet.nodes as [LinkedNode, LinkedNode];
	await apply(a, spec('one'));
	await eventually(() => isReady(a));
	const [uid] = await b.running() as [string];
	fleet.isolate(1);
	await apply(a, spec('two'));
	await eventually(() => a.store.list('Instance').items[0]?.spec.image.files?.[0]?.content === 'two');
	t.is(b.engine.control.filesOf(uid)[0]?.content, 'one');
	t.false(isReady(a), 'it is not said to be done');
	fleet.rejoin(1);
	await eventually(() => isReady(a) && b.engine.control.filesOf(uid)[0]?.content === 'two');
	t.is(b.engine.control.hangUpsOf(uid), 1);
	b.stop();
	b.start();
	await eventually(() => isReady(a) && isReady(b));
	t.is(b.engine.control.hangUpsOf(uid), 1);
});
