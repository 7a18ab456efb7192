import type {Service} from '../../store/resources/service.js';

/** One Service as it was when its change was checked, absent when it is new, and as it is to be. */
export interface ServiceChange {
	readonly before: Service | undefined;
	readonly next: Service;
}

/** What became of one node: its last word, and how much later than planned it switched, by its own clock, give or take `boundMs`. */
export interface NodeSwitch {
	readonly nodeId: string;
	readonly node: string;
	readonly vote: 'yes' | 'no' | 'none';
	readonly reason: string;
	readonly switched: boolean;
	readonly deviationMs?: number;
	readonly boundMs?: number;
}

/** What became of a change at one instant. */
export interface SwitchReport {
	readonly switched: boolean;
	readonly reason: string;
	readonly nodes: readonly NodeSwitch[];
}

/** Changes Services on all nodes that they concern at one instant. */
export interface Switching {
	/** Changes Services of this node's own in `inMs`, everywhere or nowhere; resolves after that with who did what. Whoever aborts in time has changed nothing; then it rejects. */
	change(changes: readonly ServiceChange[], options: {readonly inMs: number; readonly signal: AbortSignal}): Promise<SwitchReport>;
}
