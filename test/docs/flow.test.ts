import {readFileSync} from 'node:fs';
import test from 'ava';

/** A figure in the code, and how docs/flow.md tells it. */
const figures: readonly (readonly [file: string, inCode: string, inPage: string])[] = [
	['api/limits/limits.ts', 'connections: count(512)', '512; 20 of one address'],
	['api/limits/limits.ts', 'mutationsPerSecond: count(100)', '100 a second, 200 at once'],
	['api/ports/limits.ts', 'bodyBytes: count(1_048_576)', '1 MiB, 15 s'],
	['api/ports/limits.ts', 'answerTimeoutMs: count(10_000)', 'given within 10 s'],
	['api/ports/limits.ts', 'watches: count(200)', '200, 50 of one token'],
	['api/ports/limits.ts', 'watchBuffersBytes: count(16_777_216)', 'its share of 16 MiB over 200 watches'],
	['api/ports/limits.ts', 'watchBlockedMs: count(5000)', 'blocked for 5 s'],
	['api/ports/limits.ts', 'snapshots: count(32)', '32, 5 minutes'],
	['api/server.ts', 'answerBytes = 8_388_608', 'rendered objects | 8 MiB'],
	['api/cli/apply-object.ts', 'attempts = 5', 'at most five times'],
	['store/level/committer.ts', 'batchBytes = 4 * 1024 * 1024', 'about 4 MiB'],
	['store/level/limits.ts', 'objects: 10_000', '10 000 objects, 64 MiB, 256 KiB each'],
	['store/level/limits.ts', 'historyMaxRevisions: 100_000', 'at most 100 000 revisions and 256 MiB'],
	['store/level/journal.ts', 'trimSlice = 1_000', 'at most 1 000 with each batch'],
	['store/event-log-memory.ts', 'historyLength = 2_000', '2 000 changes'],
	['store/event-log-memory.ts', 'capacity: 1_000, maxAgeMs: 24 * 3_600_000', '1 000 events, 24 h'],
	['store/level/saved-events.ts', 'saveMs = 30_000', 'at most every 30 s'],
	['reconcilers/create.ts', 'resyncMs = 25_000', 'again every 25 s'],
	['reconcilers/create.ts', '{prepare: 4, start: 8, end: 8}', '4 pulls, 8 starts, 8 removals'],
	['reconcilers/create.ts', 'instanceConcurrency = 128', '128 Instances'],
	['reconcilers/create.ts', 'name: \'service\', concurrency: 16', '16 Services'],
	['store/level/deletions.ts', 'const most = 10_000;', 'with the deletion itself | 10 000'],
	['reconcilers/reconcile-loop.ts', '{firstMs: 20, maxMs: 30_000}', '20 ms doubling to 30 s per key'],
	['reconcilers/reconcile-loop.ts', '{perSecond: 20, burst: 100}', '20 a second over all keys of a loop, 100 at once'],
	['reconcilers/instance/reconciler.ts', 'mostSteps = 8', 'at most eight steps'],
	['reconcilers/instance/reconciler.ts', 'firstMs: 1000, maxMs: 30_000', '1 s to 30 s for an Instance'],
	['controller/engines/docker/event-stream.ts', 'longestDelayMs = 5_000', '100 ms doubling to 5 s'],
	['reconcilers/fleet.ts', 'name: \'assignment\', concurrency: 32', '8 copies, 32 assignments, 16 leases, 8 reports, 8 inquiries'],
	['reconcilers/switch/held-switches.ts', 'mostHeld = 16', 'none of them on disk | 16 |'],
	['reconcilers/fleet.ts', 'name: \'lease\', concurrency: 16', '16 leases'],
	['reconcilers/remote/inquiries.ts', 'everyMs = 10_000', 'and every 10 s while it has anything there'],
	['controller/peers/heartbeats.ts', 'everyMs = 1000', 'one heartbeat each second'],
	['controller/peers/heartbeats.ts', 'shortestGapMs = 20', 'at most every 20 ms'],
	['controller/peers/pending.ts', 'countLimit = 1000', 'requests without an answer | 1 000 and 8 MiB'],
	['controller/peers/pending.ts', 'limitBytes = 8 * 2 ** 20', '1 000 and 8 MiB, 5 s each'],
	['controller/peers/socket.ts', 'highWaterMark = 8', '8 each way; one message at most 1 MiB'],
	['controller/peers/socket.ts', 'publishedHighWaterMark = 128', 'messages for one peer | 128, each at most 32 KiB'],
	['controller/peers/group/payload.ts', 'payloadBytes = 32 * 1024', '128, each at most 32 KiB of payload'],
	['controller/peers/group/runner.ts', 'mostWaiting = 10_000', 'written to the disk | 10 000'],
	['controller/peers/group/telling.ts', 'mostNews = 1000', 'it has not taken | 1 000'],
	['controller/peers/group/motions.ts', 'mostMotions = 100', 'at its leader | 100; the last 100 verdicts'],
	['controller/peers/group/groups.ts', 'mostLocals = 256', 'counted | 256, in at most 256 groups'],
	['controller/peers/route-sender.ts', 'routeLimitBytes = 8 * 2 ** 20', '1 000 and 8 MiB for one connection'],
	['controller/peers/route-sender.ts', 'allRoutesLimitBytes = 32 * 2 ** 20', '32 MiB for all'],
	['controller/peers/route-sender.ts', 'stuckMs = 10_000', 'reads nothing for 10 s'],
	['controller/peers/answers.ts', 'perPeerLimit = 1000', 'the last 1 000 of a peer, 10 minutes, 8 MiB in all'],
	['controller/peers/answers.ts', 'rememberedMs = 600_000', '10 minutes, 8 MiB in all'],
	['controller/peers/exchange.ts', 'windowBytes = 2 ** 20', '1 MiB that the asker has not taken'],
	['controller/peers/exchange.ts', 'leaseMs = 15_000', 'not heard of for 15 s'],
	['controller/peers/exchange.ts', 'keptLimitBytes = 16 * 1024', 'of more than 16 KiB only that it was given'],
	['controller/peers/wire.ts', 'partOverheadBytes = 128', '128 counted for each part'],
	['controller/fleet/open.ts', 'answerLimitBytes: 1.5 * parts.storeBytes', '1.5 times what a store holds'],
	['controller/peers/peer-stream.ts', 'bufferLimitBytes = 8 * 2 ** 20', '8 MiB piled up'],
	['controller/peers/session.ts', 'connectionLimit = 4096', '4 096, 16 of one member'],
	['controller/peers/session.ts', 'perMemberLimit = 16', '16 of one member'],
	['controller/peers/mdp/outbox.ts', '{messages: 1000, bytes: 8_388_608, allBytes: 33_554_432, blockedMs: 5000', 'one that reads nothing for 5 s'],
	['controller/peers/transfer/limits.ts', 'transfersIn: count(2)', '2 in and 2 out at once, 64 open at all'],
	['controller/peers/transfer/limits.ts', 'transfersOpen: count(64)', '64 open at all'],
	['controller/peers/transfer/limits.ts', 'creditChunks = 3', '3, and as many again that wait for the disk'],
	['controller/peers/transfer/limits.ts', 'chunkBytes = 262_144', 'pieces of 256 KiB without an answer'],
	['controller/peers/transfer/limits.ts', 'syncBytes = 2_097_152', '2 MiB, and 2 MiB more while the disk is at it'],
	['controller/discovery/limited-stream.ts', 'packetLimitBytes = 64 * 1024', '64 KiB each, 256 KiB a second'],
	['controller/discovery/limited-stream.ts', 'burstBytes = 1024 * 1024', 'after 1 MiB'],
	['api/fleet/owned-writes.ts', 'catchUpMs = 2000', 'at most 2 s'],
];

const page = readFileSync('docs/flow.md', 'utf8');

for (const [file, inCode, inPage] of figures) {
	test(`docs/flow.md tells the figure of ${file}: ${inPage}`, t => {
		t.true(readFileSync(file, 'utf8').includes(inCode), `${inCode} is not in ${file} any more: mend docs/flow.md and this table`);
		t.true(page.includes(inPage));
	});
}
