import {isIP} from 'node:net';
import {filter, Subject, throttleTime} from 'rxjs';
import type {BrokerAddress} from '../discovery/broker-address.js';
import {longestPauseMs, openMqttConnection} from '../discovery/mqtt-connection.js';
import {follow} from '../process.js';
import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';

/** The original's topics; each payload is a bare address. */
const register = 'motey/v1/register';
const remove = 'motey/v1/remove';
const request = 'motey/v1/nodes_request';

/** What speaking the original's topics needs. */
export interface TopicsOptions {
	readonly brokers: () => Promise<readonly BrokerAddress[]>;
	readonly clientId: string;
	/** Address of this host. */
	readonly ownHost: string;
	/** Whether nodes of the original are answered there: only then is it registered. */
	readonly isServed: boolean;
	readonly keepaliveSeconds: number;
	readonly onRegistered: (host: string) => void;
	readonly onRemoved: (host: string) => void;
	readonly onDropped: (reason: string, topic: string) => void;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly log: Log;
}

/** However many ask, this node registers again at most this often: one answer is for all. */
const answerEveryMs = 1000;

/** Registers this node as the original did, asks for the others, answers those who ask, and leaves with `remove`, by its last will too. */
export function openTopics({brokers, clientId, ownHost, isServed, keepaliveSeconds, onRegistered, onRemoved, onDropped, clock, log}: TopicsOptions): AsyncDisposable {
	const said = (topic: string) => ({topic, payload: ownHost, retain: false});
	const asked = new Subject<void>();
	const connection = openMqttConnection({
		brokers, clientId, keepaliveSeconds, longestPauseMs, clock, log,
		...(isServed ? {will: said(remove)} : {}), topics: [register, remove, request],
		greeting: () => [...(isServed ? [said(register)] : []), said(request)],
		onTooLarge: () => onDropped('is larger than 64 KiB', ''),
		onMessage({topic, payload}) {
			const host = payload.length > 64 ? '' : payload.toString('utf8').trim();
			if (topic === request) asked.next();
			else if (isIP(host) === 0) onDropped('is no address', topic);
			else if (host === ownHost) return;
			else if (topic === register) onRegistered(host);
			else onRemoved(host);
		},
	});
	const answering = follow(asked.pipe(filter(() => isServed), throttleTime(answerEveryMs, undefined, {leading: true, trailing: true})), () => connection.publish(said(register)));
	return {
		async [Symbol.asyncDispose]() {
			answering.unsubscribe();
			await connection[Symbol.asyncDispose]();
		},
	};
}
