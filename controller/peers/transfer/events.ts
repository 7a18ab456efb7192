import {createRecorder} from '../../../reconcilers/events/recorder.js';
import type {Store} from '../../../store/store.js';
import type {Tell} from './news.js';

/** Tells news of files as events about the node of this name. */
export function createFileEvents({store, name}: {readonly store: Pick<Store, 'events' | 'get'>; readonly name: string}): Tell {
	const recorder = createRecorder(store.events, 'files');
	return ({type, reason, message}) => {
		const node = store.get('Node', {namespace: '', name});
		// In its very first moment a node has not described itself yet.
		if (node !== undefined) recorder[type === 'Normal' ? 'normal' : 'warning'](node, reason, message);
	};
}
