import {isIP} from 'node:net';
import type {BrokerAddress} from '../discovery/broker-address.js';
import {longestPauseMs, openMqttConnection, type MqttConnection} from '../discovery/mqtt-connection.js';
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
	/** Address that this node registers. */
	readonly ownHost: string;
	readonly keepaliveSeconds: number;
	readonly onRegistered: (host: string) => void;
	readonly onRemoved: (host: string) => void;
	readonly onDropped: (reason: string, topic: string) => void;
	readonly clock: Pick<Clock, 'monotonicMs'>;
	readonly log: Log;
}

/** Registers this node as the original did, asks for the others, answers those who ask, and leaves with `remove`, by its last will too. */
export function openTopics({brokers, clientId, ownHost, keepaliveSeconds, onRegistered, onRemoved, onDropped, clock, log}: TopicsOptions): MqttConnection {
	const said = (topic: string) => ({topic, payload: ownHost, retain: false});
	const connection: MqttConnection = openMqttConnection({
		brokers, clientId, keepaliveSeconds, longestPauseMs, clock, log,
		will: said(remove), topics: [register, remove, request],
		greeting: () => [said(register), said(request)],
		onTooLarge: () => onDropped('is larger than 64 KiB', ''),
		onMessage({topic, payload}) {
			const host = payload.length > 64 ? '' : payload.toString('utf8').trim();
			if (topic !== request && isIP(host) === 0) onDropped('is no address', topic);
			else if (topic === request) connection.publish(said(register));
			else if (host === ownHost) return;
			else if (topic === register) onRegistered(host);
			else onRemoved(host);
		},
	});
	return connection;
}
