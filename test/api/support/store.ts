import {openLevelStore} from '../../../store/level/open.js';
import type {Store} from '../../../store/store.js';
import {makeTempDirectory} from '../../support/temp-directory.js';

/** A real store in a directory of its own; both go when it is disposed of. */
export async function openTestStore(nodeId?: string): Promise<{readonly store: Store} & AsyncDisposable> {
	const directory = await makeTempDirectory();
	const store = await openLevelStore({directory: directory.path, now: () => new Date(), ballastBytes: 0, lowWaterBytes: 0, host: 'edge_01', ...(nodeId === undefined ? {} : {nodeId})});
	return {
		store,
		[Symbol.asyncDispose]: async () => {
			await store[Symbol.asyncDispose]();
			await directory[Symbol.asyncDispose]();
		},
	};
}
