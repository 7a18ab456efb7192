import type {ImageEntry} from '../../store/resources/image.js';
import type {Node} from '../../store/resources/node.js';
import type {Placement} from '../../store/resources/service.js';
import type {Engine} from '../ports/engine.js';
import type {Amounts} from './quantity.js';

/** A port of the host, as an engine says that a template asks for it. */
export type HostPort = ReturnType<Engine['hostPorts']>[number];

/** A port that an Instance has or will have, and which (`namespace/name`). */
export interface HeldPort extends HostPort {
	readonly by: string;
}

/** A node with what is already promised on it. */
export interface Candidate {
	readonly node: Node;
	/** True for the node that decides. */
	readonly own: boolean;
	/** How it is heard. `doubled`: two agents speak under its id. `stranger`: it is described, but no member. The own node is heard. */
	readonly voice: 'heard' | 'silent' | 'doubled' | 'stranger';
	/** What it has; absent while it is not described. */
	readonly capacity?: Amounts;
	/** Sum of the resources of the Instances bound there, whoever owns them. */
	readonly reserved: Amounts;
	/** Host ports of the Instances bound there, whoever owns them. */
	readonly ports: readonly HeldPort[];
	/** How many Instances of each image entry of the Service in question are bound there. */
	readonly alike: Readonly<Record<string, number>>;
}

/** What is to be placed. */
export interface Placeable extends Pick<ImageEntry, 'engine' | 'node' | 'capabilities' | 'resources'> {
	/** Of the image entry, for `spread`. */
	readonly name?: string;
	readonly placement?: Placement;
	/** Host ports it would have with an engine of this name; none when that engine is not known here. */
	readonly hostPorts?: (engine: string) => readonly HostPort[];
}

/** The engine that would run it there: the one that is named, otherwise the node's first healthy one. */
export function engineFor(node: Node, placeable: Pick<Placeable, 'engine'>): string | undefined {
	const engines = node.status?.engines ?? [];
	return engines.find(engine => engine.healthy && (placeable.engine === undefined || engine.name === placeable.engine))?.name;
}
