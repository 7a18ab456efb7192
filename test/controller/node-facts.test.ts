import {firstValueFrom, NEVER, Subject, take, toArray} from 'rxjs';
import test from 'ava';
import {createNodeFacts} from '../../controller/node-facts.js';
import {presentDevices} from '../../controller/present-devices.js';
import type {NodeCapability} from '../../store/resources/capability.js';

const none = {current: () => [], changes: NEVER};

test('devices that the policy names are capabilities while they are there', async t => {
	const facts = createNodeFacts({version: '1', directory: '/tmp', statics: [], devices: ['/dev/null', '/dev/no-such-device'], daemons: none});
	t.false(facts.current().capabilities.some(({source}) => source === 'device'));
	await firstValueFrom(facts.changes.pipe(take(2), toArray()));
	t.deepEqual(facts.current().capabilities.filter(({source}) => source === 'device'), [{capability: '/dev/null', capability_type: 'device', source: 'device'}]);
});

test('a pattern finds the devices it covers, and nothing that is no device', async t => {
	t.deepEqual(await presentDevices(['/dev/zer*', '/dev/null', '/dev/zero', '/etc/passwd', '/etc/pass*', 'gpu', 'c 189:* rmw']), ['/dev/null', '/dev/zero']);
});

test('what a daemon says is news at once', async t => {
	let said: readonly NodeCapability[] = [];
	const changes = new Subject<void>();
	const facts = createNodeFacts({version: '1', directory: '/tmp', statics: [{capability: 'ssd', capability_type: 'hardware'}], devices: [], daemons: {current: () => said, changes}});
	const heard = firstValueFrom(facts.changes.pipe(take(2), toArray()));
	await firstValueFrom(facts.changes);
	said = [{capability: 'rfid', capability_type: 'hardware', source: 'session'}];
	changes.next();
	t.regex((await heard)[1] as string, /"capability":"rfid"/u);
	t.deepEqual(facts.current().capabilities.map(({source}) => source), ['host', 'host', 'static', 'session']);
});
