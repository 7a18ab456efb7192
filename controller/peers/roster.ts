import type {Member} from '../../store/resources/member.js';
import type {MemberStanding} from './session.js';
import type {KeyStanding} from './zap.js';

/** The members as the sockets look them up: by id and by CURVE key. */
export class Roster {
	readonly #self: string;
	#byId: ReadonlyMap<string, Member> = new Map();
	#byKey: ReadonlyMap<string, Member> = new Map();

	/** `self`: this node's id. */
	constructor(self: string) {
		this.#self = self;
	}

	/** Takes the members in. `someoneLost`: a key that was admitted before is no more. */
	update(members: readonly Member[]): {readonly someoneLost: boolean} {
		const before = [...this.#byKey].filter(([, {spec}]) => !spec.forgotten).map(([key]) => key);
		this.#byId = new Map(members.map(member => [member.spec.id, member]));
		this.#byKey = new Map(members.map(member => [member.spec.curveKey, member]));
		return {someoneLost: before.some(key => this.standingOfKey(key) !== 'member')};
	}

	/** Every member but this node and the forgotten. */
	others(): readonly Member[] {
		return [...this.#byId.values()].filter(({spec}) => !spec.forgotten && spec.id !== this.#self);
	}

	/** A member that is not forgotten; undefined for this node too. */
	other(id: string): Member | undefined {
		const member = id === this.#self ? undefined : this.#byId.get(id);
		return member?.spec.forgotten === true ? undefined : member;
	}

	standingOfKey(curveKey: string): KeyStanding {
		const member = this.#byKey.get(curveKey);
		if (member === undefined) return 'stranger';
		return member.spec.forgotten ? 'forgotten' : 'member';
	}

	standingOf(id: string): MemberStanding {
		const member = this.#byId.get(id);
		if (member === undefined) return {kind: 'stranger'};
		return {kind: member.spec.forgotten ? 'forgotten' : 'member', identityKey: member.spec.identityKey};
	}
}
