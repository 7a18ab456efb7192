import test from 'ava';
import type {BrokerEvent} from '../../../../controller/peers/mdp/broker-events.js';
import {Broker} from '../../../../controller/peers/mdp/broker.js';
import {readMeta} from '../../../../controller/peers/mdp/meta.js';
import {placeOf} from '../../../../controller/peers/mdp/names.js';
import {randomFrom, roundsOf, seedOfRun} from '../../../support/random.js';

const nodes = {selfId: 'id-attic', idOf: (word: string) => ({attic: 'id-attic', cellar: 'id-cellar'})[word]};
const services = ['sensor', 'lamp', 'attic.sensor', 'val', 'cellar.sensor', 'nothing'];
const body = (...parts: readonly string[]): Buffer[] => parts.map(part => Buffer.from(part));

interface Asked {
	readonly deadlineMs: number;
	dueAtMs: number;
	answers: number;
}

/** One run of clients and workers that appear, reply, stream, stall, die and lie, all by chance. Every request must end once and in time. */
function play(seed: number): {asked: number; failed: number} {
	const random = randomFrom(seed);
	const chance = (probability: number): boolean => random() < probability;
	const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
	const broker = new Broker();
	const asked = new Map<string, Asked>();
	/** What each worker works on, and its connection's life. */
	const workers = new Map<string, string | undefined>();
	const outside = new Set<string>();
	let nowMs = 0;
	let failed = 0;

	const tell = (event: BrokerEvent): void => {
		for (const effect of broker.apply(event, nowMs)) {
			if (effect.do === 'answer') {
				const meta = readMeta(effect.body[2])!;
				const request = asked.get(meta.id)!;
				if (meta.more === true) {
					if (request.answers > 0) throw new Error(`${meta.id} goes on after its last answer`);
					// Every part begins the deadline anew.
					request.dueAtMs = nowMs + request.deadlineMs;
					continue;
				}
				request.answers++;
				if (request.answers > 1) throw new Error(`${meta.id} was answered ${request.answers} times`);
				if (nowMs > request.dueAtMs + 200) throw new Error(`${meta.id} was answered ${nowMs - request.dueAtMs} ms after its deadline`);
				if (effect.body[0]!.toString().endsWith('.error')) failed++;
			}
			if (effect.do === 'request') {
				if (workers.get(effect.to) !== undefined) throw new Error(`${effect.to} got a second request`);
				workers.set(effect.to, effect.token);
			}
			if (effect.do === 'disconnect') workers.delete(effect.to);
			if (effect.do === 'builtin' || effect.do === 'forward') outside.add(effect.id);
			if (effect.do === 'cancel') outside.delete(effect.id);
		}
	};

	const step = (): void => {
		const worker = pick([...workers.keys(), 'none']);
		const token = workers.get(worker);
		const choice = random();
		if (choice < 0.35) {
			const id = `q${asked.size}`;
			const service = pick(services);
			const deadlineMs = Math.floor(random() * 3000);
			asked.set(id, {deadlineMs, dueAtMs: nowMs + deadlineMs, answers: 0});
			const caller = chance(0.2) ? {kind: 'member', nodeId: 'id-loft'} as const : {kind: 'local'} as const;
			tell({type: 'request', from: `c${Math.floor(random() * 5)}`, caller, service, place: placeOf(service, nodes), body: body('act', '{}', JSON.stringify({id, deadlineMs}))});
		} else if (choice < 0.45) {
			const fresh = `w${Math.floor(random() * 1e9)}`;
			workers.set(fresh, undefined);
			tell({type: 'ready', from: fresh, place: placeOf(pick(['sensor', 'lamp']), nodes)});
		} else if (choice < 0.65 && token !== undefined) {
			workers.set(worker, undefined);
			tell({type: 'reply', from: worker, token, body: body('act.result', '1')});
		} else if (choice < 0.7) {
			// A lie: somebody else's request, or none.
			const wrong = `r${Math.floor(random() * asked.size)}`;
			if (wrong !== token) tell({type: 'reply', from: worker, token: wrong, body: body('act.result', '"stolen"', ...(chance(0.5) ? [`{"id":"q${Math.floor(random() * asked.size)}","more":true}`, 'x'] : []))});
		} else if (choice < 0.75) {
			workers.delete(worker);
			tell({type: chance(0.5) ? 'gone' : 'disconnect', from: worker});
		} else if (choice < 0.76) {
			tell({type: 'rubbish', from: worker, reason: 'no command of a worker'});
		} else if (choice < 0.85 && outside.size > 0) {
			const id = pick([...outside]);
			const last = chance(0.7);
			if (last) outside.delete(id);
			tell({type: 'answer', id, body: body('act.result', '2', '', 'x'), last});
			if (!last) outside.delete(id);
		} else {
			for (const heard of workers.keys()) if (chance(0.9)) tell({type: 'heartbeat', from: heard});
		}
	};

	for (let round = 0; round < 2000; round++) {
		step();
		const later = nowMs + Math.floor(random() * 60);
		if (Math.floor(later / 100) > Math.floor(nowMs / 100)) {
			nowMs = later;
			tell({type: 'tick'});
		}
		nowMs = later;
	}
	for (const end = nowMs + 3100; nowMs < end; nowMs += 100) tell({type: 'tick'});
	const unanswered = [...asked].filter(([, {answers}]) => answers !== 1);
	if (unanswered.length > 0) throw new Error(`${unanswered.length} requests were never answered, ${unanswered[0]![0]} first`);
	if (broker.load.requests > 0 || broker.load.bytes > 0) throw new Error('the broker still holds requests');
	return {asked: asked.size, failed};
}

test('whatever clients and workers do, every request ends once: with an answer, or an error by its deadline', t => {
	const seed = seedOfRun();
	t.log(`SEED=${seed}`);
	for (let round = 0; round < roundsOf(30); round++) {
		const {asked, failed} = play(seed + round);
		t.true(asked > 500 && failed < asked);
	}
});
