import type {Instance} from '../../store/resources/instance.js';
import type {Verdict} from './status.js';

/** A part of a step, as it is shown when it takes long. `replacing`: the old one is still there; `exchanging`: it ends and the new one starts. */
export type Stage =
	| {readonly kind: 'preparing' | 'starting' | 'stopping'}
	| {readonly kind: 'replacing' | 'exchanging'; readonly because: string};

/** What the status says meanwhile. What is being replaced stays as ready as it is until it is touched. */
export function underWay(stage: Stage, {spec: {image}, status}: Instance): Verdict {
	switch (stage.kind) {
		case 'preparing': return {phase: 'Preparing', reason: 'ImagePulling', message: `the image ${image.image} is being prepared`, ready: false};
		case 'starting': return {phase: 'Starting', reason: 'Starting', message: 'it is being started', ready: false};
		case 'stopping': return {phase: 'Stopping', reason: '', message: 'it is being stopped', ready: false};
		case 'replacing': return {phase: status?.phase ?? 'Starting', reason: 'Replacing', message: replaced(stage.because), ready: status?.ready ?? false};
		case 'exchanging': return {phase: 'Starting', reason: 'Replacing', message: replaced(stage.because), ready: false};
		default: return stage satisfies never;
	}
}

const replaced = (because: string): string => `it is being replaced because ${because}`;
