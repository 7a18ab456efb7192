import {z} from 'zod';
import {deltaSince, spreadKinds} from '../../reconcilers/copies/delta.js';
import type {Reconcilers} from '../../reconcilers/create.js';
import {PeerError} from '../../reconcilers/ports/peers.js';
import type {Resource} from '../../store/resources/kinds.js';
import {ownershipOf} from '../../store/resources/ownership.js';
import type {Store} from '../../store/store.js';
import type {Caller} from '../peers/caller.js';
import type {Part} from '../peers/mdp/answer.js';
import {builtin, type Builtin} from '../peers/mdp/builtins.js';
import {CallError} from '../peers/mdp/call-error.js';
import {deltaParts} from './parts.js';
import {AssignRequest, CopiesRequest, LeaseRequest, PinRequest, RemoteInstances, SinceRequest, TerminateRequest} from './wire.js';

/** What a node does for others. */
export interface FleetActionsOptions {
	readonly store: Store;
	readonly nodeId: string;
	readonly answers: Reconcilers['answers'];
	/** False while a restored store still collects what it has forgotten. */
	readonly isComplete: () => boolean;
}

/** The actions by which nodes order, report and copy. Only members may: programs of this host use the API. */
export function fleetActions({store, nodeId, answers: {acceptance, hearReport, leases, pins}, isComplete}: FleetActionsOptions): readonly Builtin[] {
	return [
		builtin({
			service: 'val', action: 'instance.assign', summary: 'keep and run an instance for the owner of its service', schema: AssignRequest,
			handle: async ({instance, authority}, {caller}) => answered(async () => {
				await acceptance.assign({caller: memberOf(caller), instance, authority});
				return {stored: store.revision()};
			}),
		}),
		builtin({
			service: 'val', action: 'instance.terminate', summary: 'end an instance for the owner of its service; repeat it until it has ended', schema: TerminateRequest,
			handle: async ({uid, authority}, {caller, signal}) => answered(async () => ({ended: await acceptance.terminate({caller: memberOf(caller), uid, authority}, signal)})),
		}),
		builtin({
			service: 'val', action: 'instance.list', summary: 'list what is kept here for the asking node', schema: z.strictObject({}),
			handle: async (_data, {caller}) => answered(async () => Promise.resolve({instances: acceptance.list(memberOf(caller))})),
		}),
		builtin({
			service: 'val', action: 'instance.report', summary: 'take what a node says of the instances it runs for this one', schema: RemoteInstances,
			handle: async ({instances}, {caller}) => answered(async () => {
				await hearReport(memberOf(caller), instances);
				return {};
			}),
		}),
		builtin({
			service: 'val', action: 'instance.lease', summary: 'grant the lease of an at-most-one instance to the node that runs it', schema: LeaseRequest,
			handle: async ({uid}, {caller}) => answered(async () => Promise.resolve({granted: leases.grant(memberOf(caller), uid)})),
		}),
		builtin({
			service: 'val', action: 'instance.pin', summary: 'tell what the image of an instance stands for on one kind of machine, and pin what is offered when nothing is pinned', schema: PinRequest,
			handle: async (request, {caller}) => answered(async () => ({contentId: await pins.settle(memberOf(caller), request) ?? null})),
		}),
		builtin({
			service: 'objects', action: 'objects.since', summary: 'tell what this node owns and has written since a revision', schema: SinceRequest,
			async* handle({since, digest}, {caller}): AsyncGenerator<Part, null> {
				const holder = memberOf(caller);
				const request = {...(since === undefined ? {} : {since}), ...(digest === undefined ? {} : {digest: {holder, text: digest}})};
				for (const data of deltaParts(await deltaSince(store, {nodeId, complete: isComplete(), ...request}))) yield {data};
				return null;
			},
		}),
		builtin({
			service: 'objects', action: 'objects.copies', summary: 'tell what this node has copied from an owner and runs for it', schema: CopiesRequest,
			async* handle({owner}, {caller}): AsyncGenerator<Part, null> {
				memberOf(caller);
				const objects = spreadKinds.flatMap((kind): readonly Resource[] => store.lookup(kind, 'owned', owner)).filter(object => ownershipOf(object).owner === owner);
				for (const data of deltaParts({kind: 'whole', revision: store.revision(), complete: true, objects, deleted: []})) yield await Promise.resolve({data});
				return null;
			},
		}),
	];
}

function memberOf(caller: Caller): string {
	if (caller.kind === 'member') return caller.nodeId;
	throw new CallError('Forbidden', 'only members of the cluster may ask this', {fix: 'Programs of this host use the HTTP API.'});
}

const codes = {Refused: 'Forbidden', Conflict: 'Conflict', NotFound: 'NotFound', Unreachable: 'Unavailable', Failed: 'Internal'} as const;

async function answered<T>(work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		if (error instanceof PeerError) throw new CallError(codes[error.code], error.message, {cause: error});
		throw error;
	}
}
