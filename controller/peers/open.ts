import {randomBytes} from 'node:crypto';
import {Subject, type Observable} from 'rxjs';
import type {Context} from 'zeromq';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';
import type {PeerChange, PeerView} from '../../reconcilers/ports/peers.js';
import type {Member} from '../../store/resources/member.js';
import {Answers} from './answers.js';
import type {Prover} from './connection.js';
import type {Exchange} from './exchange.js';
import {Heartbeats} from './heartbeats.js';
import {listen, type ListenAddress, type Listening} from './listening.js';
import {Neighbours} from './neighbours.js';
import type {Answer, PeerRequest} from './pending.js';
import {createRefusals} from './refusals.js';
import {Roster} from './roster.js';
import {serveConnections, type Serve} from './server.js';
import {Sessions} from './session.js';
import {openZap} from './zap.js';

/** How long after an address could not be had again it is tried once more. */
const reopenMs = 1000;

/** What the peer sockets need of the node. */
export interface PeerSocketsOptions {
	/** The node's only one; made by `createPeerContext`. */
	readonly context: Context;
	/** How this node proves itself; `session` is new at every start. */
	readonly prover: Prover;
	/** The cluster as verified, this node and forgotten ones included. Read at every `membersChanged`. */
	readonly members: () => readonly Member[];
	/** Performs what members ask for. */
	readonly serve: Serve;
	/** Revision of the last own object written. */
	readonly revision: string;
	/** Beside heartbeats, what members publish under these topics is listened to. */
	readonly topics?: readonly string[];
	readonly log: Log;
	readonly clock: Clock;
}

/** This node among its peers. */
export interface PeerSockets extends AsyncDisposable {
	/** Listens for peers until `unlisten`; tells the ports that were chosen. Throws when one cannot be had; where this node listened before it then listens again. */
	listen(address: ListenAddress): Promise<ListenAddress>;
	unlisten(): Promise<void>;
	/** Call it whenever a record or an address changed. Whoever is no member any more is cut off before it resolves. */
	membersChanged(): Promise<void>;
	/** Tells the others that this node has written something of its own. */
	announce(revision: string): void;
	/** Publishes to whoever listens now; the first frame begins with its topic. Small ones: up to 60 KiB. */
	publish(frames: readonly (string | Buffer)[]): void;
	/** Publications of members under the topics, as they come, each from the member it is said to be from. Never errors; ends when the sockets are disposed of. */
	readonly publications: Observable<{readonly nodeId: string; readonly frames: readonly Buffer[]}>;
	/** Every member but this node, as it is heard now. */
	views(): readonly (PeerView & {readonly address: string})[];
	/** Never errors; ends when the sockets are disposed of. */
	readonly changes: Observable<PeerChange>;
	/** Asks a member. Throws a PeerError when it does not do what it is asked, within the deadline. */
	request(nodeId: string, request: PeerRequest): Promise<Answer>;
	/** Asks a member for an answer in parts; leaving the loop ends it there too. The loop throws a PeerError when it does not begin in time or breaks off. */
	stream(nodeId: string, request: PeerRequest): AsyncIterable<Answer>;
	/** Refused handshakes and messages since the start. */
	readonly refused: number;
}

/** Opens what a node speaks with other nodes through. It listens nowhere yet, but reaches and hears those it knows. */
export async function openPeerSockets({context, prover, members, serve, revision, topics = [], log, clock}: PeerSocketsOptions): Promise<PeerSockets> {
	const roster = new Roster(prover.nodeId);
	const answers = new Answers<Exchange>();
	const refusals = createRefusals({log, clock});
	const changes = new Subject<PeerChange>();
	const publications = new Subject<{readonly nodeId: string; readonly frames: readonly Buffer[]}>();
	const heartbeats = new Heartbeats({session: prover.session, revision});
	const zap = await openZap({context, refusals, log, standingOf: key => roster.standingOfKey(key)});
	const neighbours = new Neighbours({
		context, prover, roster, log, clock, topics,
		onPublication: (nodeId, frames) => publications.next({nodeId, frames}),
		onChange: change => {
			if (change.kind === 'forgotten') answers.forget(change.id);
			changes.next(change);
		},
	});
	let listening: (Listening & {readonly serving: Promise<void>}) | undefined;
	/** Where others look for this node. */
	let wanted: ListenAddress | undefined;
	let reopening: NodeJS.Timeout | undefined;

	const open = async (address: ListenAddress): Promise<ListenAddress> => {
		const opened = await listen({context, keys: prover.keys, ...address});
		const sessions = new Sessions({nodeId: prover.nodeId, standingOf: id => roster.standingOf(id), nonce: () => randomBytes(32).toString('base64url')});
		const serving = serveConnections({
			socket: opened.router, sessions, answers, refusals, clock, serve,
			proven: (nodeId, session) => neighbours.proven(nodeId, session),
		}).catch((error: unknown) => renew(opened, error));
		heartbeats.publishOn(opened.publisher, error => renew(opened, error));
		listening = {...opened, serving};
		return opened.address;
	};
	const shut = async (): Promise<void> => {
		heartbeats.publishOn(undefined);
		const closing = listening;
		listening = undefined;
		closing?.close();
		await closing?.serving;
	};
	/** What was left only to be opened again must not stay shut: nobody else would open it. */
	const reopen = async (): Promise<void> => {
		if (wanted === undefined || listening !== undefined) return;
		const isNews = reopening === undefined;
		clearTimeout(reopening);
		reopening = undefined;
		await open(wanted).catch((error: unknown) => {
			log[isNews ? 'warn' : 'debug']('peers cannot reach this node: it cannot listen at its address any more; it goes on trying', {...wanted, error});
			reopening = setTimeout(() => void inTurn(reopen), reopenMs);
		});
	};
	const unlisten = async (): Promise<void> => {
		wanted = undefined;
		clearTimeout(reopening);
		await shut();
	};
	// Opening and closing again must not overlap: both are for the same ports.
	let turn: Promise<unknown> = Promise.resolve();
	const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
		const mine = turn.then(work, work);
		turn = mine.catch(() => undefined);
		return mine;
	};
	/** A socket that fails is opened anew, with its neighbour and at the same ports; who is a member and what is asked stays as it is. */
	const renew = (failed: Listening, error: unknown): void => {
		log.error('a socket for peers failed and is opened anew', {error});
		void inTurn(async () => {
			if (listening?.router !== failed.router) return;
			await shut();
			await reopen();
		});
	};
	const membersChanged = async (): Promise<void> => inTurn(async () => {
		const {someoneLost} = roster.update(members());
		await neighbours.update();
		// Whom to admit is asked at the handshake only, so what stands has to be opened anew.
		if (!someoneLost) return;
		await shut();
		await reopen();
	});
	await membersChanged();

	return {
		changes: changes.asObservable(),
		publications: publications.asObservable(),
		publish: frames => heartbeats.publish(frames),
		get refused() {
			return refusals.count;
		},
		listen: async address => inTurn(async () => {
			await shut();
			try {
				wanted = await open(address);
				return wanted;
			} catch (error) {
				await reopen();
				throw error;
			}
		}),
		unlisten: async () => inTurn(unlisten),
		membersChanged,
		announce: latest => heartbeats.announce(latest),
		views: () => neighbours.views(),
		request: async (nodeId, request) => neighbours.linkTo(nodeId).request(request),
		stream: (nodeId, request) => neighbours.linkTo(nodeId).stream(request),
		async [Symbol.asyncDispose]() {
			await inTurn(unlisten);
			await neighbours[Symbol.asyncDispose]();
			await zap[Symbol.asyncDispose]();
			changes.complete();
			publications.complete();
		},
	};
}
