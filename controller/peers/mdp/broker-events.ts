import type {Caller} from '../caller.js';
import type {Body} from './frames.js';
import type {Place} from './names.js';

/** One connection of one socket of this node, as the server names it. */
export type Connection = string;

/** What happens to a broker. `from` has been established by the server, never by what a message says of itself. */
export type BrokerEvent =
	| RequestEvent
	| {readonly type: 'ready'; readonly from: Connection; readonly place: Place}
	| {readonly type: 'reply'; readonly from: Connection; readonly token: string; readonly body: Body}
	| {readonly type: 'heartbeat' | 'disconnect'; readonly from: Connection}
	/** What came from there cannot be read. */
	| {readonly type: 'rubbish'; readonly from: Connection; readonly reason: string}
	/** The connection is no more: nothing can be sent there. */
	| {readonly type: 'gone'; readonly from: Connection}
	/** An answer to this request, or a part of one, was dropped, since its reader does not read. */
	| {readonly type: 'dropped'; readonly id: string}
	/** The client waits no more for its request of this id. */
	| {readonly type: 'cancel'; readonly from: Connection; readonly id: string}
	/** What a built-in service or another node answered; more follows unless `last`. */
	| {readonly type: 'answer'; readonly id: string; readonly body: Body; readonly last: boolean}
	/** Names that had workers before this process began: they are known as if they had just lost them. */
	| {readonly type: 'remembered'; readonly names: readonly string[]}
	| {readonly type: 'tick'};

/** A client asks. */
export interface RequestEvent {
	readonly type: 'request';
	readonly from: Connection;
	readonly caller: Caller;
	/** As the client wrote it, and as its answer names it. */
	readonly service: string;
	readonly place: Place;
	/** For `mmi.service`: what the asked name means. */
	readonly about?: Place;
	readonly body: Body;
	/** What the old Domogik client says its patience is. */
	readonly timeoutMs?: number;
}

/** What a broker wants done. Effects are carried out in order; a failed one is told back as `gone`. */
export type BrokerEffect =
	/** `id` names the request, unless the answer is one that was kept; `more` follows a part. */
	| {readonly do: 'answer'; readonly to: Connection; readonly service: string; readonly body: Body; readonly id?: string; readonly more?: boolean}
	| {readonly do: 'request'; readonly to: Connection; readonly token: string; readonly body: Body}
	| {readonly do: 'heartbeat' | 'disconnect'; readonly to: Connection}
	| {readonly do: 'builtin'; readonly id: string; readonly name: string; readonly caller: Caller; readonly body: Body; readonly deadlineMs: number}
	| {readonly do: 'forward'; readonly id: string; readonly nodeId: string; readonly name: string; readonly body: Body; readonly deadlineMs: number}
	/** Nobody waits any more for what `builtin` or `forward` began. */
	| {readonly do: 'cancel'; readonly id: string};
