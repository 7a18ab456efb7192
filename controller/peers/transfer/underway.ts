import type {Work} from './begin.js';
import type {FileUnderway} from './news.js';

/** An open transfer as it is told of, but how far it is. */
export function underway({id, path, work}: {readonly id: string; readonly path: string; readonly work: Work}): Omit<FileUnderway, 'bytes'> {
	switch (work.kind) {
		case 'in': return {id: work.incoming.staged.id, path, way: 'in', size: work.incoming.staged.size};
		case 'out': return {id, path, way: 'out', size: work.outgoing.size};
		case 'finished': return {id, path, way: 'in', size: work.size};
		default: return work satisfies never;
	}
}
