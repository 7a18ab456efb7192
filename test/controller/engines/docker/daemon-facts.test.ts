import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import test from 'ava';
import {DaemonFacts} from '../../../../controller/engines/docker/daemon-facts.js';
import {addressOf, EngineApi} from '../../../../controller/engines/docker/engine-api.js';
import {Inspection} from '../../../../controller/engines/docker/observation.js';
import {clock} from '../samples.js';

const startedMs = Date.parse('2026-01-01T12:00:00Z');
const minutesBefore = (minutes: number): Date => new Date(startedMs - minutes * 60_000);
const ended = (at: Date, state: Partial<Inspection['State']> = {}): Inspection => Inspection.parse({
	Id: 'a', Name: '/a', Config: {Labels: {}}, HostConfig: {},
	State: {Status: 'exited', ExitCode: 0, StartedAt: minutesBefore(60).toISOString(), FinishedAt: at.toISOString(), ...state},
});

// A daemon cannot be made to have been away for minutes within a test: this one only tells when it made its bridge.
test('the end of a container is the daemon\'s doing when it looks so, also when that has been away for long', async t => {
	const server = createServer((_, response) => response.end(JSON.stringify({Created: new Date(startedMs).toISOString()}))).listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => server.close());
	let now = startedMs;
	const api = new EngineApi(addressOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).options);
	const facts = new DaemonFacts({api, clock: {...clock, now: () => new Date(now)}});
	const judge = async (inspection: Inspection) => facts.judge(inspection, new AbortController().signal);
	const both = {endedBeforeEngine: true, endedWithEngine: true};

	t.deepEqual(await judge(ended(minutesBefore(0.1))), both);
	t.deepEqual(await judge(ended(minutesBefore(10), {ExitCode: 137})), both);
	t.deepEqual(await judge(ended(minutesBefore(10))), {endedBeforeEngine: true});
	t.deepEqual(await judge(ended(minutesBefore(10), {OOMKilled: true})), {});
	t.deepEqual(await judge(ended(new Date(startedMs + 60_000), {StartedAt: new Date(startedMs + 1).toISOString()})), {});

	facts.remember(true);
	now = minutesBefore(10).getTime() + 5_000;
	facts.remember(false);
	now = startedMs + 1_000;
	facts.remember(true);
	t.deepEqual(await judge(ended(minutesBefore(10))), both);
	t.deepEqual(await judge(ended(minutesBefore(20))), {endedBeforeEngine: true});
});
