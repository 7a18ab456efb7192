import anyTest, {type TestFn} from 'ava';
import {eventually} from '../support/eventually.js';
import {agreement, askGroup, mateNamed, openGroupFleet, unsteadiness, viewOf, type Agreed, type GroupFleet, type Mate} from './group-fleet.js';
import {watchLeaders, type LeaderWatch} from './leader-watch.js';

/** Promise: another leads within this time whenever a quorum can talk. */
const electedMs = 10_000;
/** Three times the greatest silence after which anybody stands. */
const steadyMs = 6000;

/** What must be so of the leader of so many nodes, whatever becomes of it or of the network. */
export function leaderScenarios(count: number): void {
	const test = anyTest as TestFn<{fleet: GroupFleet; watch: LeaderWatch}>;
	const quorum = Math.floor(count / 2) + 1;

	test.before(async t => {
		t.context.fleet = await openGroupFleet(count);
		t.context.watch = await watchLeaders(t.context.fleet.mates);
	});

	test.after.always(async t => {
		const {fleet, watch} = t.context as Partial<typeof t.context>;
		await watch?.[Symbol.asyncDispose]();
		await fleet?.[Symbol.asyncDispose]();
	});

	const present = async ({mates, mendCuts}: GroupFleet): Promise<Agreed & {readonly chair: Mate; readonly others: readonly Mate[]}> => {
		// Nothing that the test before left undone when it failed.
		await mendCuts();
		const agreed = await agreement(mates, {known: count});
		const chair = mateNamed(mates, agreed.leader);
		return {...agreed, chair, others: mates.filter(mate => mate !== chair)};
	};

	test.serial(`of ${count}: a leader that is killed has a successor in a later term within 10 s, whom it follows when it is back`, async t => {
		const {fleet} = t.context;
		const {chair, others, leader, term} = await present(fleet);
		const killedAt = performance.now();
		await chair.kill();
		const next = await agreement(others, {known: count, isIt: agreed => agreed.leader !== leader});
		const tookMs = performance.now() - killedAt;
		t.log(`another led, and all knew it, after ${Math.round(tookMs)} ms`);
		t.true(tookMs <= electedMs);
		t.true(next.term > term);
		await chair.start();
		t.deepEqual(await agreement(fleet.mates, {known: count}), next);
	});

	test.serial(`of ${count}: a leader that stands still and goes on finds another in its place and follows; nobody follows it again`, async t => {
		const {fleet, watch} = t.context;
		const {chair, others, leader, term} = await present(fleet);
		const stoppedAt = performance.now();
		chair.pause();
		const next = await agreement(others, {known: count, isIt: agreed => agreed.leader !== leader}).finally(() => chair.resume());
		t.true(performance.now() - stoppedAt <= electedMs);
		t.true(next.term > term);
		const from = watch.news.length;
		t.deepEqual(await agreement(fleet.mates, {known: count}), next);
		t.deepEqual(watch.news.slice(from).filter(news => news.leader === leader && news.observer !== leader), []);
	});

	test.serial(`of ${count}: the part with the quorum elects another, the part without has no leader and says so, and after the heal one leads`, async t => {
		const {fleet} = t.context;
		const {chair, others, leader, term} = await present(fleet);
		const few = [chair, ...others.slice(0, count - quorum - 1)];
		const many = others.slice(count - quorum - 1);
		const cutAt = performance.now();
		await fleet.partition(few);
		const next = await agreement(many, {known: count, isIt: agreed => agreed.leader !== leader});
		t.true(performance.now() - cutAt <= electedMs);
		t.true(next.term > term);
		for (const mate of few) {
			await eventually(async () => {
				const view = await viewOf(mate);
				return view?.leader === undefined && view?.visible === few.length;
			}, {what: `${mate.name} to know that it knows no leader`});
			t.like(await askGroup(mate, 'group.poll', {group: 'cluster', topic: 'ready', deadlineMs: 500}), {outcome: 'no-quorum'});
			t.deepEqual(await askGroup<unknown>(mate, 'group.query', {group: 'cluster', query: 'who', deadlineMs: 500}), {result: 'NoLeader'});
		}
		const verdict = await askGroup(many[0]!, 'group.poll', {group: 'cluster', topic: 'ready', deadlineMs: 5000});
		t.is(verdict.outcome, 'accepted', JSON.stringify(verdict));
		await fleet.mendCuts();
		t.deepEqual(await agreement(fleet.mates, {known: count}), next);
	});

	test.serial(`of ${count}: one that is heard and hears nobody disturbs nobody, however long it waits for a leader`, async t => {
		const {fleet} = t.context;
		const {chair, others, leader, term} = await present(fleet);
		const deaf = others[0]!;
		const hearing = [chair, ...others.slice(1)];
		await Promise.all(hearing.map(async from => fleet.cut(from, deaf, {oneWay: true})));
		await eventually(async () => (await viewOf(deaf))?.leader === undefined, {what: 'it to know of no leader'});
		t.deepEqual(await unsteadiness(hearing, {leader, term}, steadyMs), []);
		await fleet.mendCuts();
		t.deepEqual(await agreement(fleet.mates, {known: count}), {leader, term});
	});

	test.serial(`of ${count}: a leader that is heard and hears nobody gives up, another leads, and no more terms pass`, async t => {
		const {fleet} = t.context;
		const {chair, others, leader} = await present(fleet);
		const cutAt = performance.now();
		await Promise.all(others.map(async from => fleet.cut(from, chair, {oneWay: true})));
		const next = await eventually(async () => {
			const views = await Promise.all(others.map(async mate => viewOf(mate)));
			const [first] = views;
			const isAgreed = first?.leader !== undefined && first.leader !== leader && views.every(view => view?.leader === first.leader && view?.term === first.term);
			return isAgreed ? {leader: first.leader, term: first.term} : undefined;
		}, {what: 'another to lead'});
		t.log(`another led after ${Math.round(performance.now() - cutAt)} ms`);
		t.true(performance.now() - cutAt <= electedMs);
		t.deepEqual(await unsteadiness(others, next, steadyMs / 2), []);
		await fleet.mendCuts();
		t.deepEqual(await agreement(fleet.mates, {known: count}), next);
	});

	test.serial(`of ${count}: when the leader and one other are cut off from each other only, the leader stays, without an election`, async t => {
		const {fleet} = t.context;
		const {chair, others, leader, term} = await present(fleet);
		const cutOff = others[0]!;
		await fleet.cut(chair, cutOff);
		await eventually(async () => (await viewOf(cutOff))?.leader === undefined, {what: `${cutOff.name} to miss the leader`});
		t.deepEqual(await unsteadiness([chair, ...others.slice(1)], {leader, term}, steadyMs), []);
		await fleet.mendCuts();
		t.deepEqual(await agreement(fleet.mates, {known: count}), {leader, term});
	});

	test.serial(`of ${count}: in all of this no term had two leaders, and nobody followed an earlier term after a later one`, t => {
		const {watch} = t.context;
		t.true(new Set(watch.news.flatMap(({leader, term}) => (leader === null ? [] : [term]))).size >= 4, 'so many leaders were there');
		t.deepEqual(watch.offences(), []);
	});
}
