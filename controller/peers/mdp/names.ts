/** Names of what every node offers itself; no outside worker may take them. */
export const reservedNames: ReadonlySet<string> = new Set(['val', 'capabilities', 'objects', 'files', 'image', 'group', 'node']);

/** What the name of a service means on this node. */
export type Place =
	/** Outside workers of this node, under the name without this node's own. */
	| {readonly kind: 'worker'; readonly name: string}
	| {readonly kind: 'builtin'; readonly name: string}
	/** Another node's; `name` as that node knows it. */
	| {readonly kind: 'forward'; readonly nodeId: string; readonly name: string}
	/** The broker's own, RFC 8. */
	| {readonly kind: 'mmi'; readonly name: string};

/** How nodes are told from other words: an id or a name gives a node's id. */
export interface Nodes {
	readonly selfId: string;
	idOf(word: string): string | undefined;
}

/** `<node>.<name>` is that node's, `<name>` this node's. A first part that is no node's name belongs to the name. */
export function placeOf(service: string, nodes: Nodes): Place {
	if (service.startsWith('mmi.')) return {kind: 'mmi', name: service};
	const dot = service.indexOf('.');
	const nodeId = dot > 0 ? nodes.idOf(service.slice(0, dot)) : undefined;
	const name = nodeId === undefined ? service : service.slice(dot + 1);
	if (nodeId !== undefined && nodeId !== nodes.selfId) return {kind: 'forward', nodeId, name};
	if (name.startsWith('mmi.')) return {kind: 'mmi', name};
	return {kind: reservedNames.has(name) ? 'builtin' : 'worker', name};
}

/** Names that begin with `message.` take messages: their senders hear that one was taken, and nothing of what came of it. */
export const isMessage = (place: Place): boolean => place.kind === 'worker' && place.name.startsWith('message.');
