import test from 'ava';
import {noEstimate, offsetOf, withExchange, type ClockEstimate} from '../../../../controller/peers/group/clock-estimate.js';
import {randomFrom} from '../../../support/random.js';

/** One exchange with a clock that is `offsetMs` ahead, over a way of these delays. */
const exchanged = (estimate: ClockEstimate, {sentMs, offsetMs, thereMs, backMs}: {sentMs: number; offsetMs: number; thereMs: number; backMs: number}): ClockEstimate =>
	withExchange(estimate, {leader: 'a', term: 1}, {sentMs, receivedMs: sentMs + thereMs + offsetMs, answeredMs: sentMs + thereMs + offsetMs + 3, nowMs: sentMs + thereMs + 3 + backMs});

test('however unlike the ways there and back are, the estimate is wrong by half of the round trip at most', t => {
	const random = randomFrom(1);
	for (let round = 0; round < 1000; round++) {
		const offsetMs = (random() - 0.5) * 1e9;
		let estimate = noEstimate;
		for (let n = 0; n < 1 + random() * 12; n++) estimate = exchanged(estimate, {sentMs: n * 1000, offsetMs, thereMs: random() * 200, backMs: random() * 200});
		const found = offsetOf(estimate, 12_000)!;
		t.true(Math.abs(found.offsetMs - offsetMs) <= found.boundMs + 1e-6);
	}
});

test('the quickest of the last eight exchanges counts', t => {
	let estimate = exchanged(noEstimate, {sentMs: 0, offsetMs: 500, thereMs: 1, backMs: 1});
	for (let n = 1; n <= 7; n++) estimate = exchanged(estimate, {sentMs: n * 1000, offsetMs: 500, thereMs: 80, backMs: 20});
	const lastMs = 7103;
	t.is(offsetOf(estimate, lastMs)!.offsetMs, 500);
	t.true(Math.abs(offsetOf(estimate, lastMs)!.boundMs - 1 - (lastMs - 5) / 10_000) < 1e-9, 'half of its round trip, and what quartz drifts since');
	estimate = exchanged(estimate, {sentMs: 9000, offsetMs: 500, thereMs: 80, backMs: 20});
	t.is(offsetOf(estimate, 9103)!.offsetMs, 530);
});

test('of another leader nothing is known yet, nor of the same one that leads again', t => {
	t.is(offsetOf(noEstimate, 0), undefined);
	const estimate = exchanged(noEstimate, {sentMs: 0, offsetMs: 500, thereMs: 1, backMs: 1});
	for (const reign of [{leader: 'b', term: 1}, {leader: 'a', term: 2}]) t.is(withExchange(estimate, reign, {sentMs: 0, receivedMs: 10, answeredMs: 10, nowMs: 20}).samples.length, 1);
});
