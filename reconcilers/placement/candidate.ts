import type {ImageEntry} from '../../store/resources/image.js';
import type {Node} from '../../store/resources/node.js';
import type {Amounts} from './quantity.js';

/** A node with what is already promised on it. */
export interface Candidate {
	readonly node: Node;
	/** True for the node that decides. */
	readonly own: boolean;
	/** Sum of the resources of the Instances bound there. */
	readonly reserved: Amounts;
}

/** What is to be placed. */
export type Placeable = Pick<ImageEntry, 'engine' | 'node' | 'capabilities' | 'resources'>;

/** The engine that would run it there: the one that is named, otherwise the node's first healthy one. */
export function engineFor(node: Node, placeable: Pick<Placeable, 'engine'>): string | undefined {
	const engines = node.status?.engines ?? [];
	return engines.find(engine => engine.healthy && (placeable.engine === undefined || engine.name === placeable.engine))?.name;
}
