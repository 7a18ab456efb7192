import type {NodeStatistics} from '../../../api/ports/node.js';
import type {Capability} from '../../../store/resources/capability.js';

/** What this node's own answers are made of. */
export interface OwnParts {
	readonly now: () => Date;
	readonly capabilities: () => readonly Capability[];
	readonly statistics: () => Promise<NodeStatistics>;
}

/** What a node answers itself: `time`, seconds since 1970; `capabilities` and `nodestatus`, as `/v1` has them. */
export function createOwnValues({now, capabilities, statistics}: OwnParts): ReadonlyMap<string, () => Promise<unknown>> {
	return new Map<string, () => Promise<unknown>>([
		['time', () => Promise.resolve(now().getTime() / 1000)],
		['capabilities', () => Promise.resolve(capabilities().map(({capability, capability_type: type}) => ({capability, type, capability_type: type})))],
		['nodestatus', async () => {
			const {cpu, memory, disk} = await statistics();
			return {cpu, memory, disk};
		}],
	]);
}
