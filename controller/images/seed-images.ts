import {setTimeout as delay} from 'node:timers/promises';
import type {Log} from '../../reconcilers/ports/log.js';
import type {Rehearse} from '../../reconcilers/rehearsal/create-rehearsal.js';
import type {RehearsedMove} from '../../reconcilers/rehearsal/rehearse.js';
import {isOwnedBy} from '../../store/resources/ownership.js';
import {keyOf as objectKeyOf, keyText} from '../../store/resources/kinds.js';
import type {Store} from '../../store/store.js';
import type {PeerSockets} from '../peers/open.js';

/** What bringing images ahead of time needs. */
export interface SeedingOptions {
	/** Between two looks; 0 for never. */
	readonly seconds: number;
	readonly store: Store;
	readonly self: {readonly id: string};
	readonly rehearse: Rehearse;
	readonly sockets: Pick<PeerSockets, 'views' | 'stream'>;
	readonly log: Log;
}

/** One image for one node. */
const keyOf = ({to, contents}: RehearsedMove): string => `${to} ${contents.join(' ')}`;

/** A node tells twice a second how far it is; then it is looked at again at the next turn. */
const silenceMs = 60_000;

/** Sees to it, one image after the other, that the nodes which would take over what this one owns have its images. */
export function openSeeding({seconds, store, self, rehearse, sockets, log}: SeedingOptions): AsyncDisposable {
	const ending = new AbortController();
	const {signal} = ending;

	/** Each image once for each node that may need it. */
	const wanted = (): readonly RehearsedMove[] => {
		const own = new Set(store.list('Service').items.filter(service => isOwnedBy(service, self.id) && service.status?.images.some(({pins}) => pins !== undefined)).map(service => keyText(objectKeyOf(service))));
		if (own.size === 0 || sockets.views().length === 0) return [];
		const moves = rehearse().flatMap(rehearsal => rehearsal.moves).filter(({service, contents}) => own.has(service) && contents.length > 0);
		return [...new Map(moves.map(move => [keyOf(move), move])).values()];
	};
	/** What each node said last of each image, so that the same is not logged at every turn. */
	const said = new Map<string, unknown>();
	const seed = async (move: RehearsedMove): Promise<void> => {
		const {to, image, contents} = move;
		const peer = sockets.views().find(({name, connected}) => name === to && connected);
		if (peer === undefined) return;
		try {
			for await (const {data} of sockets.stream(peer.id, {service: 'image', action: 'image.seed', data: {reference: image, contents}, deadlineMs: silenceMs, signal})) {
				if (typeof data !== 'object' || data === null || !('state' in data)) continue;
				if (data.state !== 'here' && said.get(keyOf(move)) !== data.state) log.info('an image was offered to the node that would take its work over', {node: to, image, state: data.state});
				said.set(keyOf(move), data.state);
			}
		} catch (error) {
			if (!signal.aborted) log.debug('an image could not be brought ahead of time', {node: to, image, error});
		}
	};
	const run = async (): Promise<void> => {
		for (;;) {
			await delay(seconds * 1000, undefined, {signal, ref: false});
			const moves = wanted();
			for (const key of said.keys()) if (!moves.some(move => keyOf(move) === key)) said.delete(key);
			for (const move of moves) {
				await seed(move);
				signal.throwIfAborted();
			}
		}
	};
	const running = seconds === 0 ? Promise.resolve() : run();
	running.catch((error: unknown) => {
		if (!signal.aborted) log.error('images are not brought ahead of time any more', {error});
	});
	return {
		async [Symbol.asyncDispose]() {
			ending.abort();
			await running.catch(() => undefined);
		},
	};
}
