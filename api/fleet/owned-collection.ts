import type {ResourceOf} from '../../store/resources/kinds.js';
import {isOwnedBy, ownershipOf} from '../../store/resources/ownership.js';
import type {Handler} from '../kubernetes/exchange.js';
import {readText} from '../kubernetes/read-document.js';
import type {Readable} from '../kubernetes/readable.js';
import {selectionOf} from '../kubernetes/selection.js';
import type {WriteContext} from '../kubernetes/write/context.js';
import type {KindRules, WritableKind} from '../kubernetes/write/kind-rules.js';
import {removalOf, removeAll, sendRemoved} from '../kubernetes/write/remove.js';
import {methodOf, pathOf} from '../request-line.js';
import {forwardedHeader} from './forwarded.js';
import {passBack, type Forwarding} from './forwarding.js';

interface OwnedCollection<K extends WritableKind> {
	readonly rules: KindRules<K>;
	readonly readable: Readable<ResourceOf<K>>;
	readonly context: WriteContext;
	readonly forwarding: Forwarding;
}

/** How long the answer waits for the copies here to show what was deleted elsewhere. */
const catchUpMs = 2000;

/**
 * Deletes a selection: each owner what is its own of it, all or none of that. When an owner is away nothing is deleted anywhere; when one fails
 * midway, its answer tells, and what others owned is deleted. A request that another node passed on is about what this node owns.
 */
export function removeOwned<K extends WritableKind>({rules, readable, context, forwarding}: OwnedCollection<K>): Handler {
	const {fleet} = forwarding;
	const {resource} = rules;
	return async exchange => {
		const {request, response, query, namespace} = exchange;
		const raw = await readText(request, context.limits);
		const removal = removalOf(raw, query, context.limits);
		const selection = selectionOf(readable, {namespace, query});
		const selected = (): readonly ResourceOf<K>[] => context.store.list(rules.kind, namespace === undefined ? {} : {namespace}).items.filter(item => selection.includes(item));
		const others = request.headers[forwardedHeader] !== undefined ? [] : [...new Set(selected().flatMap(object => (isOwnedBy(object, fleet.self.id) ? [] : ownershipOf(object).owner ?? [])))];
		const errands = others.map(nodeId => ({nodeId, role: `owns some of these ${resource.plural}.${resource.group}`, method: methodOf(request), path: `${pathOf(request)}?${query.toString()}`, type: raw.type, body: raw.text}));
		for (const errand of errands) forwarding.mustReach(errand, exchange);
		let count = await removeAll(rules, {removal, context, chosen: () => selected().filter(object => isOwnedBy(object, fleet.self.id))});
		for (const errand of errands) {
			const answer = await forwarding.ask(errand, exchange);
			if (answer.status >= 300) {
				passBack(response, answer);
				return;
			}
			count += Number(/"message":"(\d+) deleted"/u.exec(answer.text)?.[1] ?? 0);
			await fleet.catchUp(errand.nodeId, {withinMs: catchUpMs, signal: AbortSignal.timeout(catchUpMs)});
		}
		sendRemoved(exchange, resource, count);
	};
}
