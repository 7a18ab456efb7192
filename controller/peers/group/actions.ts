import {z} from 'zod';
import {startDeadline} from '../../../store/deadline.js';
import {MemberId} from '../../../store/resources/group-member.js';
import {Name} from '../../../store/resources/meta.js';
import type {Store} from '../../../store/store.js';
import type {Caller} from '../caller.js';
import type {Part} from '../mdp/answer.js';
import {builtin, type Builtin} from '../mdp/builtins.js';
import {CallError} from '../mdp/call-error.js';
import {createParts, type Parts} from '../mdp/parts.js';
import type {MemberEvent} from './events.js';
import {clusterGroup, type Groups, type Letter} from './groups.js';
import type {LocalMember} from './local-member.js';
import {Message} from './messages.js';
import {bytesOf} from './payload.js';

/** What the actions of groups need of their node. */
export interface GroupActionsOptions {
	readonly groups: Groups;
	readonly store: Store;
	/** How events are told to who watches. */
	readonly shown: (group: string, event: MemberEvent) => unknown;
}

const Group = z.strictObject({group: Name});
const Worker = z.string().min(1).max(63);
const Program = Group.extend({worker: Worker});
const LetterSchema: z.ZodType<Letter> = z.object({group: Name, to: MemberId, message: Message}).readonly();

/** Membership, and what can be seen of groups. What members ask of their groups is in `requestActions`. */
export function groupActions({groups, store, shown}: GroupActionsOptions): readonly Builtin[] {
	return [
		builtin({
			service: 'group', action: 'group.list', summary: 'list the groups that this node has members in or hears of', schema: z.strictObject({}),
			handle: async () => Promise.resolve({groups: store.list('Group').items.map(({metadata: {name}, status}) => ({group: name, ...status}))}),
		}),
		builtin({
			service: 'group', action: 'group.describe', summary: 'tell who is in a group and who leads it, as this node sees it', schema: Group,
			handle: async ({group}) => {
				const found = store.get('Group', {namespace: '', name: group});
				if (found === undefined) throw unknownGroup(group);
				return Promise.resolve({group, ...found.status});
			},
		}),
		builtin({
			service: 'group', action: 'group.join', summary: 'make a program of this host a member; it is told of the group by group.event requests to its own worker name',
			schema: Program.extend({kind: z.string().max(64).default('program')}),
			async handle({group, worker, kind}, {caller}) {
				onlyLocal(caller);
				if (group === clusterGroup) throw new CallError('Forbidden', 'all nodes are members of the group cluster, and nobody else', {fix: 'Choose another name.'});
				if (!groups.hasWorker(worker)) throw new CallError('NotFound', `no program of this node serves under the name ${worker}`, {fix: 'Let it register as a worker first.'});
				const local = await groups.join({group, worker, kind});
				if (local === undefined) throw new CallError('Unavailable', 'this node has 256 members of groups already, those that have left counted', {fix: 'Let a program join under the same name each time: what that has voted for stays known.'});
				return {group, member: local.id};
			},
		}),
		builtin({
			service: 'group', action: 'group.leave', summary: 'let a program of this host leave, also one that is no more; until its group has accepted that it counts', schema: Program,
			async handle({group, worker}, {caller, signal}) {
				onlyLocal(caller);
				const local = groups.find(group, worker);
				if (local?.vow.worker === undefined) throw new CallError('NotFound', `${worker} is no member of ${group} on this node`, {fix: 'Ask the node on which it is one.'});
				using deadline = startDeadline(signal, acceptMs);
				const accepted = await local.leave(deadline.signal);
				return {group, member: local.id, accepted};
			},
		}),
		builtin({
			service: 'group', action: 'group.watch', summary: 'tell what happens in a group, from now on', schema: Group,
			async* handle({group}, {signal}): AsyncGenerator<Part, null> {
				const parts: Parts<Part> = createParts();
				const end = groups.watch(group, event => parts.push({data: shown(group, event)}, eventBytes + (event.type === 'message' ? bytesOf(event.payload) : 0)));
				if (end === undefined) throw unknownGroup(group);
				// Nothing happening is no reason to give the watch up.
				const alive = setInterval(() => parts.push({}, 0), aliveMs);
				signal.addEventListener('abort', () => parts.end(), {once: true});
				try {
					// So that who watches knows that it does.
					yield {data: {group, type: 'watching'}};
					yield* parts.all();
				} finally {
					clearInterval(alive);
					end();
				}
				return null;
			},
		}),
		builtin({
			service: 'group', action: 'group.message', summary: 'hand a message of a member over to a member on this node', schema: LetterSchema,
			async handle(letter, {caller}) {
				if (caller.kind !== 'member') throw new CallError('Forbidden', 'only members of the cluster may ask this');
				groups.deliver(caller.nodeId, letter);
				return Promise.resolve({});
			},
		}),
	];
}

/** How often a watch says that it goes on; milliseconds. */
const aliveMs = 2000;
/** What an event weighs while it waits for a reader, beside what a program has published with it. */
const eventBytes = 512;
/** How long the group may take to accept that a member leaves before the answer says that it has not yet; milliseconds. */
const acceptMs = 4000;

/** No such group, as far as this node knows. */
export function unknownGroup(group: string): CallError {
	return new CallError('NotFound', `this node knows no group ${group}`, {fix: '`motey group list` shows which there are.'});
}

/** The member of this node that is to ask its group: the named one, or any. */
export function asker(groups: Groups, group: string, named: string | undefined): LocalMember | undefined {
	const local = groups.local(group, named);
	if (local === undefined && named !== undefined) throw new CallError('NotFound', `${named} is no member of ${group} on this node, or its program is away`, {fix: `\`motey group describe ${group}\` shows who is.`});
	return local;
}

function onlyLocal(caller: Caller): void {
	if (caller.kind !== 'local') throw new CallError('Forbidden', 'only programs of its own host may ask this of a node');
}
