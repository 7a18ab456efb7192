import test from 'ava';
import {decideAdoption} from '../../../reconcilers/adoption/decide.js';
import {dueOf, obstacleOf} from '../../../reconcilers/adoption/due.js';
import {createAdopterNaming} from '../../../reconcilers/adoption/name-adopter.js';
import type {AdopterWord} from '../../../reconcilers/ports/leadership.js';
import type {PeerView} from '../../../reconcilers/ports/peers.js';
import {ServiceSpec, type Failover} from '../../../store/resources/service.js';
import type {Instance} from '../../../store/resources/instance.js';
import {instance} from '../../store/samples.js';
import {service as sample} from '../support/objects.js';

const shop = (failover: Failover | undefined, rest: Partial<ServiceSpec> = {}) => sample('shop', {images: [{name: 'web', image: 'web'}], ...(failover ? {failover} : {}), ...rest});
const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(letter => letter.repeat(26)) as [string, string, string, string, string];
const named = (adopter: string): AdopterWord => ({kind: 'named', adopter});
const noLeader: AdopterWord = {kind: 'no-leader'};
const decide = (word: AdopterWord, failover: Failover | undefined, {heard = [a, b], members = 3, selfId = a, silentMs = 60_000} = {}) =>
	decideAdoption({services: [shop(failover)], silentMs, word, selfId, heard, members, nameOf: id => id.charAt(0)});

test('whoever the leader names takes over, and nobody else, for majority and always alike', t => {
	for (const failover of [undefined, {adopt: 'majority'}, {adopt: 'always'}] as const) {
		t.is(decide(named(a), failover).take.length, 1);
		const other = decide(named(b), failover);
		t.deepEqual(other.take, []);
		t.regex(other.because, /named b/u);
		t.truthy(other.againAfterMs, 'should b die, another is named');
	}
});

test('without a leader only what says always is taken over, by one side of exactly half, and there by the smallest id, or by the next if that does not', t => {
	t.deepEqual(decide(noLeader, undefined, {heard: [a], members: 2}).take, []);
	t.regex(decide(noLeader, undefined, {heard: [a], members: 2}).because, /hears 1 of 2 members/u);
	t.is(decide(noLeader, {adopt: 'always'}, {heard: [a], members: 2}).take.length, 1);
	t.is(decide(noLeader, {adopt: 'always'}, {heard: [b, a], members: 4}).take.length, 1);
	t.deepEqual(decide(noLeader, {adopt: 'always'}, {heard: [a, b], members: 4, selfId: b}).take, []);
	t.is(decide(noLeader, {adopt: 'always'}, {heard: [a, b], members: 4, selfId: b, silentMs: 70_000}).take.length, 1, 'it may have no copy of it');
	t.deepEqual(decide(noLeader, {adopt: 'always'}, {heard: [a, b], members: 5}).take, [], 'fewer than half');
	t.deepEqual(decide({kind: 'refused', because: 'c hears it'}, {adopt: 'always'}, {heard: [a], members: 2}).take, [], 'there is a leader, and it does not want that');
});

test('a service is due after its own time, if it is to be taken over at all', t => {
	const services = [shop(undefined), shop({afterSeconds: 10}), shop({adopt: 'never', afterSeconds: 10}), shop({afterSeconds: 30})];
	const due = (silentMs: number) => dueOf({services, instancesOf: () => [], silentMs});
	t.deepEqual(due(9000), {services: [], afterMs: 0, againAfterMs: 1000});
	t.deepEqual(due(30_000), {services: [services[1]!, services[3]!], afterMs: 30_000, againAfterMs: 30_000});
	t.deepEqual(due(61_000), {services: [services[0]!, services[1]!, services[3]!], afterMs: 60_000});
});

test('what may run at most once is taken over only where that is said, and only when everything of it runs under a lease', t => {
	const leased = (is: boolean): Instance => ({...instance('shop-web-0'), spec: {...instance('shop-web-0').spec, ...(is ? {leased: true} : {})}});
	t.regex(obstacleOf(shop(undefined, {atMostOne: true}), [leased(true)]) ?? '', /does not say majority/u);
	t.is(obstacleOf(shop({adopt: 'majority'}, {atMostOne: true}), [leased(true)]), undefined);
	t.regex(obstacleOf(shop({adopt: 'majority'}, {atMostOne: true}), [leased(true), leased(false)]) ?? '', /without a lease/u);
	t.false(ServiceSpec.safeParse({images: [{name: 'web', image: 'web'}], atMostOne: true, failover: {adopt: 'always'}}).success);
});

const heard = (id: string, silentMs = 0, connected = true): PeerView => ({id, name: id.charAt(0), silentMs, connected, doubled: false});
const gone = (id: string, silentMs: number): PeerView => heard(id, silentMs, false);
const question = {owner: e, silentMs: 60_000, missedMs: 61_000, wants: true};

test('the leader names one of those it hears who owns least, the same for all who ask, and another once that one is gone', t => {
	const name = createAdopterNaming();
	const ask = (asker: string, members: readonly PeerView[]) => name(question, {selfId: a, asker, members, owns: id => (id === c ? 1 : 2), nowMs: 0});
	const all = [heard(b), heard(c), heard(d), gone(e, 61_000)];
	for (const asker of [a, b, c]) ask(asker, all);
	t.deepEqual(ask(d, all), {kind: 'named', adopter: c});
	t.deepEqual(ask(a, all), {kind: 'named', adopter: c});
	const without = [heard(b), gone(c, 5000), heard(d), gone(e, 62_000)];
	t.deepEqual(ask(b, without), {kind: 'named', adopter: a});
	t.deepEqual(ask(d, all), {kind: 'named', adopter: a}, 'and that one stays');
});

test('the leader names nobody while somebody it hears does not miss the owner, while it hears too few, or before the owner was silent for so long', t => {
	const name = createAdopterNaming();
	const ask = (asker: string, members: readonly PeerView[], nowMs = 0) => name(question, {selfId: a, asker, members, owns: () => 0, nowMs});
	const all = [heard(b), heard(c), gone(e, 61_000)];
	ask(a, all);
	t.like(ask(b, all), {kind: 'refused', because: 'c has not said that e is missed'}, 'a link between two of them says nothing about the others');
	t.is(ask(c, all).kind, 'named');
	t.is(ask(a, all, 20_000).kind, 'refused', 'what was said long ago does not count');
	t.is(createAdopterNaming()(question, {selfId: a, asker: a, members: [heard(b), gone(c, 9000), gone(d, 9000), gone(e, 61_000)], owns: () => 0, nowMs: 0}).kind, 'no-leader');
	t.deepEqual(ask(a, [heard(b), heard(c), gone(e, 59_000)]), {kind: 'early', leftMs: 1000});
	t.is(ask(a, [heard(b), heard(c)]).kind, 'refused', 'no member');
});

test('who has nothing to take over is not named, and is asked no less whether it misses the owner, for as long as is asked for', t => {
	const name = createAdopterNaming();
	const all = [heard(b), heard(c), gone(e, 61_000)];
	const ask = (asker: string, rest: Partial<typeof question> = {}, nowMs = 0) => name({...question, ...rest}, {selfId: a, asker, members: all, owns: id => (id === b ? 2 : 0), nowMs});
	t.is(ask(a, {wants: false}).kind, 'refused');
	t.like(ask(b), {kind: 'refused', because: 'c has not said that e is missed'});
	ask(c, {wants: false, missedMs: 20_000});
	t.like(ask(b), {kind: 'refused', because: 'c has not said that e is missed'}, 'it heard it 20 s ago');
	ask(c, {wants: false, missedMs: 59_000});
	t.deepEqual(ask(b, {}, 1000), {kind: 'named', adopter: b});
	ask(b, {wants: false}, 2000);
	ask(c, {}, 2000);
	t.deepEqual(ask(a, {}, 2000), {kind: 'named', adopter: b}, 'it has taken over, and the others have not heard of it yet');
});

test('who was named and has not taken over for half a minute is followed by another', t => {
	const name = createAdopterNaming();
	const all = [heard(b), heard(c), gone(e, 61_000)];
	const ask = (asker: string, nowMs: number) => name(question, {selfId: a, asker, members: all, owns: () => 0, nowMs});
	for (const asker of [a, c]) ask(asker, 0);
	for (const nowMs of [0, 9000, 18_000, 27_000]) {
		for (const asker of [b, a, c]) t.deepEqual(ask(asker, nowMs), {kind: 'named', adopter: a}, 'its disk may be full');
	}
	for (const asker of [a, b, c]) t.deepEqual(ask(asker, 36_000), {kind: 'named', adopter: b});
});
