import {z} from 'zod';
import {NodeId, type PeerAddress} from '../../store/resources/member.js';
import {isSignedBy, signText} from '../cluster/signature.js';

const domain = 'motey/hello/v1';
/** Longest payload that is read. A hello of eight addresses with the longest names there are stays below. */
export const longestHelloBytes = 4096;

const Hello = z.object({
	id: NodeId,
	name: z.string().min(1).max(63),
	/** Hosts under which the node is reached, the best first. */
	addresses: z.array(z.string().min(1).max(253)).min(1).max(8).readonly(),
	port: z.int().min(1).max(65_535),
	pubPort: z.int().min(1).max(65_535),
	version: z.string().max(64),
	/** New at every start of the agent. */
	session: z.string().min(1).max(64),
	/** Ed25519 of the node's identity key over the fields above, base64url. */
	signature: z.string().max(128),
}).readonly();
/** Where a node says that it is reached. Fields of later versions are ignored. */
export type Hello = z.infer<typeof Hello>;

const Offline = z.object({id: NodeId, session: z.string().min(1).max(64), state: z.literal('offline')}).readonly();

/** What a node publishes as its own: a hello while it runs, `offline` when it has stopped, nothing when its word was taken back. */
export type Word = {readonly kind: 'hello'; readonly hello: Hello} | {readonly kind: 'offline'; readonly id: string} | {readonly kind: 'nothing'};

/** Where every node's word is heard. */
export const everyHello = 'motey/nodes/+/hello';

/** Where the word of one node stands, retained. */
export function helloTopic(id: string): string {
	return `motey/nodes/${id}/hello`;
}

/** The payload of a hello, signed with the identity key (PEM) so that whoever holds the broker can forge no other node's. */
export function writeHello(said: Omit<Hello, 'signature'>, privateKey: string): string {
	return JSON.stringify({...said, signature: signText(domain, textOf(said), privateKey)});
}

/** The payload that a node's last will puts in place of its hello, and the node itself when it stops. */
export function writeOffline({id, session}: {readonly id: string; readonly session: string}): string {
	return JSON.stringify({id, session, state: 'offline'});
}

/** Reads what was published; anything that is no node's word about itself is refused with the reason. A hello still has to be checked by `isSaidBy`. */
export function readWord({topic, payload}: {readonly topic: string; readonly payload: Buffer}): {readonly ok: true; readonly word: Word} | {readonly ok: false; readonly reason: string} {
	const refused = (reason: string) => ({ok: false, reason}) as const;
	if (payload.length === 0) return {ok: true, word: {kind: 'nothing'}};
	if (payload.length > longestHelloBytes) return refused(`is longer than ${longestHelloBytes} bytes`);
	const parsed = z.union([Offline, Hello]).safeParse(parseJson(payload));
	if (!parsed.success) return refused('is no hello');
	const said = parsed.data;
	if (topic !== helloTopic(said.id)) return refused('speaks of another node than its topic');
	return {ok: true, word: 'state' in said ? {kind: 'offline', id: said.id} : {kind: 'hello', hello: said}};
}

/** True when the holder of the identity key (raw, base64url) has said exactly this. */
export function isSaidBy(hello: Hello, identityKey: string): boolean {
	return isSignedBy(identityKey, {domain, text: textOf(hello), signature: hello.signature});
}

/** The addresses of a hello as links take them. */
export function addressesOf({addresses, port, pubPort}: Hello): readonly PeerAddress[] {
	return addresses.map(host => ({host, port, publishPort: pubPort}));
}

/** The fields in a fixed order, so that a hello means the same bytes everywhere. */
function textOf({id, name, addresses, port, pubPort, version, session}: Omit<Hello, 'signature'>): string {
	return JSON.stringify([id, name, addresses, port, pubPort, version, session]);
}

function parseJson(payload: Buffer): unknown {
	try {
		return JSON.parse(payload.toString('utf8'));
	} catch {
		return undefined;
	}
}
