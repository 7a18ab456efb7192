import {once} from 'node:events';
import {get, type RequestOptions} from 'node:https';
import type {IncomingMessage} from 'node:http';
import {Refused} from '../../api/client/errors.js';
import {requestJson} from '../../api/client/transport.js';
import {ClusterError, JoinAnswer, type JoinRequest} from '../../api/ports/cluster.js';
import {certificateSha256} from './join-text.js';

const deadlineMs = 10_000;
const refusals: Readonly<Record<number, ClusterError['code']>> = {400: 'Invalid', 409: 'Conflict'};

/** Where a member answers those who want in. The first needs no trust, because the token says whose certificate is right. */
export const authorityPath = '/cluster/authority';
export const admitPath = '/cluster/admit';

/** Asks a member to be taken in, after checking that it is the one the token names. Throws `ClusterError`. */
export async function requestJoin({server, authoritySha256, request}: {readonly server: string; readonly authoritySha256: string; readonly request: JoinRequest}): Promise<JoinAnswer> {
	const url = URL.canParse(server) ? new URL(server) : undefined;
	if (url?.protocol !== 'https:') throw new ClusterError('Invalid', `${server} is no address of a member`, {fix: 'Write it as https://HOST:5443.'});
	const authority = await fetchAuthority(url).catch((error: unknown) => {
		throw new ClusterError('Unavailable', `${url.origin} does not answer: ${error instanceof Error ? error.message : String(error)}`, {fix: 'Is the node there running, and its TLS port open?', cause: error});
	});
	if (certificateSha256(authority) !== authoritySha256) {
		throw new ClusterError('Forbidden', `${url.origin} is not the node that issued the token: its authority is another`, {fix: 'Check the address, and make a new token on the node you mean with `motey cluster token`.'});
	}
	try {
		return JoinAnswer.parse(await requestJson({server: url.origin, ca: authority}, {method: 'POST', path: admitPath, body: request, deadlineMs}));
	} catch (error) {
		const code = error instanceof Refused ? refusals[error.code] ?? 'Forbidden' : 'Unavailable';
		throw new ClusterError(code, `${url.origin}: ${error instanceof Error ? error.message : String(error)}`, {cause: error});
	}
}

/** The certificate is not trusted yet, and nothing but a public certificate is sent or taken. */
async function fetchAuthority({hostname, port}: URL): Promise<string> {
	const options: RequestOptions = {hostname: hostname.replace(/^\[|\]$/gu, ''), port: port || 5443, path: authorityPath, rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(deadlineMs)};
	const outgoing = get(options);
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		outgoing.once('response', resolve);
		outgoing.once('error', reject);
	});
	response.setEncoding('utf8');
	let text = '';
	response.on('data', (chunk: string) => {
		text += chunk;
		if (text.length > 65_536) response.destroy(new Error('the answer is too long for a certificate'));
	});
	await once(response, 'end');
	return text;
}
