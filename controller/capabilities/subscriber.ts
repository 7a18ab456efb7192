import {Subscriber, type Context} from 'zeromq';
import {freeSocketPath} from '../peers/mdp/ipc-socket.js';
import {capabilityLimits} from './limits.js';

/** A SUB that publishers connect to and that hears everything: what is malformed is to be counted. */
export async function bindSubscriber(context: Context, address: string): Promise<Subscriber> {
	if (address.startsWith('ipc://')) await freeSocketPath(address.slice('ipc://'.length));
	const socket = new Subscriber({context, linger: 0, maxMessageSize: capabilityLimits.frameBytes, receiveHighWaterMark: 64, handshakeInterval: 3000});
	try {
		socket.subscribe();
		await socket.bind(address);
		return socket;
	} catch (error) {
		socket.close();
		throw error;
	}
}
