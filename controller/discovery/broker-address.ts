import {connect as connectPlain, isIP, type Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';

/** Where a broker listens and how one is let in. */
export interface BrokerAddress {
	/** `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]`, 1883 and 8883 by default. */
	readonly url: string;
	readonly username?: string;
	readonly password?: string;
	/** PEM of the authority that must have signed the broker's certificate; the system's when there is none. */
	readonly authority?: string;
}

/** Begins to connect. What goes wrong is an error of the socket. */
export function dial({url, authority}: BrokerAddress): Socket {
	const {protocol, hostname, port} = new URL(url);
	const host = hostname.replace(/^\[|\]$/gu, '');
	if (protocol === 'mqtt:') return connectPlain({host, port: port === '' ? 1883 : Number(port)});
	return connectTls({
		host, port: port === '' ? 8883 : Number(port), minVersion: 'TLSv1.2',
		...(isIP(host) > 0 ? {} : {servername: host}), ...(authority === undefined ? {} : {ca: authority}),
	});
}
