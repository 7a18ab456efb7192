import type {ObjectKey} from '../../store/resources/kinds.js';

/** Why a Service is as it is. What else the answer holds is passed on as it is. */
export interface WhyAnswer {
	/** Sentences, cause before effect. */
	readonly chain: readonly string[];
}

/** What the loss of one node would mean. */
export interface RehearsalAnswer {
	/** Its name. */
	readonly node: string;
	/** What would go somewhere else, after so many seconds of silence; and the name of its image, with the ids that are decided for it. */
	readonly moves: readonly {readonly service: string; readonly instance: string; readonly to: string; readonly afterSeconds: number; readonly image: string; readonly contents: readonly string[]}[];
	/** What would go nowhere, each with the sentence that says why. */
	readonly homeless: readonly {readonly service: string; readonly instance: string; readonly because: string}[];
	/** Services about which nobody would decide until the node returns or is forgotten. */
	readonly ownerless: readonly string[];
}

/** Answers to why things are as they are and what would happen if; nothing is done. */
export interface Explanations {
	/** Undefined when there is no such Service. */
	why(key: ObjectKey): WhyAnswer | undefined;
	/** Of each node, or of the one with this name or id; empty when there is no such node. */
	rehearse(nameOrId?: string): readonly RehearsalAnswer[];
}
