import {Readable} from 'node:stream';
import type {Fleet, FleetMember, ForwardedRequest} from '../../../api/ports/fleet.js';
import {FleetError} from '../../../api/ports/fleet.js';
import {tokenRecord} from '../../../api/auth/token.js';
import type {Resource} from '../../../store/resources/kinds.js';
import {keyOf} from '../../../store/resources/kinds.js';
import {isOwnedBy, ownerRevisionAnnotation} from '../../../store/resources/ownership.js';
import {serveTestApi, type Overrides, type TestApi} from '../support/serve.js';

/** One of two nodes. What the other owns reaches it by `copy`, and its requests by way of a fake link that can be cut or lose answers. */
export interface PairedNode {
	readonly api: TestApi;
	readonly id: string;
	/** What this node sent to the other, in order. */
	readonly sent: ForwardedRequest[];
	/** How this node sees the other. */
	readonly link: {silentMs: number; connected: boolean; losesAnswers: boolean; copies: boolean};
}

const idOf = (letter: string): string => letter.repeat(26);
const now = () => new Date();

/** Two nodes `a` and `b` with their real APIs and stores; only what lies between them is fake. */
export async function servePair(overrides: {readonly a?: Overrides; readonly b?: Overrides} = {}): Promise<AsyncDisposable & {readonly a: PairedNode; readonly b: PairedNode}> {
	const nodes: Record<string, PairedNode> = {};
	const make = async (letter: 'a' | 'b', other: 'a' | 'b'): Promise<PairedNode> => {
		const id = idOf(letter);
		const link = {silentMs: 300, connected: true, losesAnswers: false, copies: true};
		const sent: ForwardedRequest[] = [];
		const self = {id, name: `node-${letter}`};
		const fleet: Fleet = {
			self,
			members: (): readonly FleetMember[] => [{id: idOf(other), name: `node-${other}`, silentMs: link.silentMs, connected: link.connected, doubled: false, address: '127.0.0.1:1'}],
			async forward(nodeId, request, signal) {
				sent.push(request);
				const target = nodes[other]!;
				if (nodeId !== target.id) throw new FleetError('Unreachable', 'no such node');
				const answer = await fetch(`${target.api.served.url}${request.path}`, {
					method: request.method, headers: {...request.headers, 'motey-forwarded-by': id}, signal,
					...(request.body.length > 0 ? {body: Buffer.from(request.body)} : {}),
				});
				if (link.losesAnswers) {
					await answer.text();
					throw new FleetError('Unknown', 'lost');
				}
				return {status: answer.status, headers: Object.fromEntries(answer.headers), body: answer.body ? Readable.fromWeb(answer.body as never) : Readable.from([])};
			},
			async catchUp() {
				if (link.copies) await copy(nodes[other]!, nodes[letter]!);
			},
		};
		const node: PairedNode = {api: await serveTestApi({fleet, nodeId: id, ...overrides[letter]}), id, sent, link};
		nodes[letter] = node;
		return node;
	};
	const a = await make('a', 'b');
	const b = await make('b', 'a');
	for (const {api} of [a, b]) {
		await api.store.transact(transaction => {
			for (const {metadata} of transaction.lookup('Token', 'owned', api === a.api ? a.id : b.id)) transaction.delete('Token', {namespace: '', name: metadata.name});
			// One user, whose token every node knows.
			transaction.putCopy({...tokenRecord({name: 'admin', secret: api.token, role: 'admin', now: now()}), metadata: {...tokenRecord({name: 'admin', secret: api.token, role: 'admin', now: now()}).metadata, uid: 'the-token', annotations: {'motey.io/owner': a.id}}});
		});
	}
	return {a, b, async [Symbol.asyncDispose]() {
		await a.api[Symbol.asyncDispose]();
		await b.api[Symbol.asyncDispose]();
	}};
}

/** Brings the copies at `to` of what `from` owns to what they are there, as the reconciler of copies does. */
export async function copy(from: PairedNode, to: PairedNode): Promise<void> {
	const objects = (['Service', 'Instance', 'Node'] as const).flatMap((kind): readonly Resource[] => from.api.store.list(kind).items).filter(object => isOwnedBy(object, from.id));
	await to.api.store.transact(transaction => {
		for (const object of objects) transaction.putCopy({...object, metadata: {...object.metadata, annotations: {...object.metadata.annotations, [ownerRevisionAnnotation]: object.metadata.resourceVersion}}});
		const uids = new Set(objects.map(({metadata}) => metadata.uid));
		for (const kind of ['Service', 'Instance', 'Node'] as const) {
			for (const object of transaction.lookup(kind, 'owned', from.id)) if (!uids.has(object.metadata.uid)) transaction.delete(kind, keyOf(object));
		}
	});
}
