import test from 'ava';
import type {Instance} from '../../../store/resources/instance.js';
import type {Service, ServiceSpec} from '../../../store/resources/service.js';
import {eventually} from '../../support/eventually.js';
import {linkNodes} from '../support/linked-nodes.js';
import type {LinkedNode} from '../support/linked-nodes.js';
import {applyShop} from '../support/linked-service.js';

/** What only node-2 can run. */
const spec = (image: string): ServiceSpec => ({images: [{name: 'web', image, engine: 'simulated', capabilities: ['node-2']}]});
const instances = ({store}: LinkedNode): readonly Instance[] => store.list('Instance').items;
const services = ({store}: LinkedNode): readonly Service[] => store.list('Service').items;

test('two services of one name that want the same slot of one node: one runs, the other says whose it is and runs once that is deleted', async t => {
	await using fleet = await linkNodes(3);
	const [a, b, c] = fleet.nodes as [LinkedNode, LinkedNode, LinkedNode];
	await eventually(() => [a, b, c].every(({store}) => store.list('Node').items.length === 3), {what: 'all nodes to be known'});
	fleet.cut(0, 1);
	fleet.cut(1, 0);
	await applyShop(a, spec('web:1'));
	await applyShop(b, spec('web:2'));
	await eventually(() => instances(c).length === 2, {what: 'both to be assigned to node-2'});
	const late = (): Instance | undefined => instances(c).find(({status}) => status?.reason === 'NameConflict');
	const waiting = await eventually(late, {what: 'one of them to say that it waits'});
	const [running] = await c.running();
	const runs = instances(c).find(({metadata}) => metadata.uid === running)!;
	const serviceOf = ({metadata}: Instance): string => metadata.ownerReferences![0]!.uid;
	t.is(waiting.status!.message, `two Services are named shop, and on node-2 the other one has this slot: it waits until one of the two is deleted by its uid, which is ${serviceOf(waiting)} for this one and ${serviceOf(runs)} for the other: motey delete service shop --uid UID`);
	t.is(waiting.status!.engineId, undefined, 'nothing of the other’s container is its own');

	fleet.mend(0, 1);
	fleet.mend(1, 0);
	const owner = [a, b].find(({id}) => runs.metadata.annotations?.['motey.io/owner'] === id)!;
	await owner.store.transact(transaction => {
		const service = services(owner).find(({metadata}) => metadata.uid === serviceOf(runs))!;
		transaction.put({...service, metadata: {...service.metadata, deletionTimestamp: '2026-01-01T00:00:00Z'}});
	});
	await eventually(async () => (await c.running()).join() === waiting.metadata.uid, {what: 'the other one to run', withinMs: 60_000});
	t.pass();
});
