import {once} from 'node:events';
import {join} from 'node:path';
import {upload} from '../../api/cli/copy/upload.js';
import {openCut} from '../controller/peers/cut.js';
import {openFileNode, remoteOf, unseen} from '../controller/peers/transfer/file-node.js';
import {Cluster, type NodeKeys} from '../controller/peers/peer-node.js';
import {eventually} from '../support/eventually.js';

/** What a sender is told when it starts. */
export interface SenderOrders {
	readonly keys: NodeKeys;
	readonly far: {readonly keys: NodeKeys; readonly host: string; readonly port: number};
	readonly directory: string;
}

/** What it is asked: to cut its link for a moment, or how much it has sent. It answers both with `sentBytes`. */
export type SenderOrder = 'cut' | 'count';

/** Bytes that went to the far node, those included that were lost in cuts; `isDone` once all of the file is there. */
export interface SenderReport {
	readonly sentBytes: number;
	readonly isDone: boolean;
}

if (process.argv[1] === import.meta.filename) {
	const [{keys, far, directory}] = await once(process, 'message') as [SenderOrders];
	process.once('disconnect', () => process.exit());
	const cluster = new Cluster();
	await using cut = await openCut(far.port, far.host);
	cluster.put(keys);
	cluster.put(far.keys, [{host: '127.0.0.1', port: cut.port, publishPort: 1}]);
	await using node = await openFileNode(cluster, keys, {directory});
	const tell = (isDone: boolean): void => void process.send?.({sentBytes: cut.receivedBytes, isDone} satisfies SenderReport);
	process.on('message', (order: SenderOrder) => void (async () => {
		if (order === 'cut') {
			const before = cut.receivedBytes;
			cut.cut();
			await eventually(() => cut.receivedBytes > before, {everyMs: 1, what: 'something to be lost'});
			cut.heal();
		}
		tell(false);
	})());
	const {signal} = new AbortController();
	await upload({files: remoteOf(node, 'far', signal), source: join(directory, 'files/source'), path: 'target', mode: 0o600, ...unseen(signal)});
	tell(true);
	process.disconnect();
}
