import {join} from 'node:path';
import type {NodePort} from '../api/ports/node.js';
import type {Listening} from './listeners.js';

/** What a node listens at. */
interface NodeSockets {
	readonly api: Listening;
	/** Absent outside a cluster. */
	readonly peers: {readonly port: number; readonly publishPort: number} | undefined;
	/** Under which members reach this node. */
	readonly advertised: string | undefined;
	/** Where old clients are served; absent when they are not. */
	readonly streams: {readonly port: number; readonly hosts: readonly string[]} | undefined;
	readonly runDir: string;
}

/** Where this node listens, and for whom. */
export function nodePorts({api, peers, advertised, streams, runDir}: NodeSockets): readonly NodePort[] {
	const loopback = '127.0.0.1';
	return [
		{name: 'api', type: 'http', kind: 'users', host: loopback, port: api.port},
		...[loopback, ...api.addresses].map(host => ({name: 'api', type: 'https', kind: 'users', host, port: api.tlsPort} as const)),
		{name: 'api', type: 'http', kind: 'users', path: api.socket},
		...(peers === undefined ? [] : [
			{name: 'requests', type: 'zmq-router', kind: 'cluster', host: advertised ?? '*', port: peers.port},
			{name: 'news', type: 'zmq-pub', kind: 'cluster', host: advertised ?? '*', port: peers.publishPort},
		] as const),
		{name: 'requests', type: 'zmq-router', kind: 'host', path: join(runDir, 'mdp.sock')},
		...(streams?.hosts ?? []).map(host => ({name: 'clever-show', type: 'tcp', kind: 'anyone', host, port: streams?.port ?? 0} as const)),
		{name: 'capabilities', type: 'zmq-sub', kind: 'host', path: join(runDir, 'capabilities.sock')},
	];
}
