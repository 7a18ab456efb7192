import type {Freshness} from '../fleet/freshness.js';
import {sendJsonText} from '../send.js';
import {badRequest, expired} from '../status.js';
import type {Exchange} from './exchange.js';
import type {Readable} from './readable.js';
import type {Renderer} from './render.js';
import {chooseRepresentation} from './representation.js';
import {checkKnown, revisionParameter} from './revision-parameter.js';
import {selectionOf} from './selection.js';
import type {Snapshots, Snapshot} from './snapshots.js';

/** Answers a list: all, or a page of it. Pages after the first show the state at the revision of the first. */
export function sendList(readable: Readable, {request, response, query, namespace}: Exchange, {renderer, snapshots, freshness}: {readonly renderer: Renderer; readonly snapshots: Snapshots; readonly freshness: Freshness}): void {
	const representation = chooseRepresentation(request.headers.accept, query.get('includeObject'));
	const selection = selectionOf(readable, {namespace, query});
	const of = `${readable.resource.group}/${readable.resource.plural} ${selection.text}`;
	const limit = limitParameter(query);
	const token = query.get('continue') ?? '';
	const {snapshot, start} = token === '' ? {snapshot: take(), start: 0} : snapshots.resume(of, token);
	const end = limit === undefined ? snapshot.items.length : Math.min(snapshot.items.length, start + limit);
	const remaining = snapshot.items.length - end;
	freshness.mark(response, snapshot.items);
	const continueToken = remaining > 0 ? snapshots.keep(of, snapshot, end) : '';
	sendJsonText(response, 200, renderer.list(readable, {items: snapshot.items, start, end}, {representation, facts: {revision: snapshot.revision, continueToken, remaining}}));

	function take(): Snapshot {
		const {revision, items} = readable.list(namespace);
		const asked = revisionParameter(query);
		if (asked !== undefined) checkKnown(asked, revision);
		if (asked !== undefined && asked !== revision && query.get('resourceVersionMatch') === 'Exact') throw expired(`the state at resource version ${asked} is no longer held (latest: ${revision})`);
		return {revision, items: selection.isAll ? items : items.filter(item => selection.includes(item))};
	}
}

function limitParameter(query: URLSearchParams): number | undefined {
	const text = query.get('limit') ?? '';
	if (text === '' || text === '0') return undefined;
	const limit = Number(text);
	if (!/^\d+$/u.test(text) || !Number.isSafeInteger(limit)) throw badRequest(`Invalid value: "${text}": limit must be a whole number`);
	return limit;
}
