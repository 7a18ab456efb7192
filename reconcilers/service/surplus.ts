import type {Instance} from '../../store/resources/instance.js';
import type {Binding} from './slot.js';

/** The reason an Instance has while its node is silent. Its node's next report takes it back. */
export const silentReason = 'NodeSilent';

/** Whether its node is heard but has not reported it since it fell silent: what is known of it is old. */
export const isUnreported = ({instance: {status}}: Binding): boolean => status?.reason === silentReason;

/**
 * Which of several live bindings of a slot stays: of those that do best (ready, on their way, failed) the older or the newer one. Undefined
 * while a node that was silent has not reported yet.
 */
export function survivorOf(bindings: readonly Binding[], {prefer}: {readonly prefer: 'older' | 'newer'}): Binding | undefined {
	if (bindings.some(isUnreported)) return undefined;
	const best = Math.max(...bindings.map(rankOf));
	const equals = bindings.filter(binding => rankOf(binding) === best);
	return prefer === 'older' ? equals[0] : equals.at(-1);
}

/** Whether it does what it is for: it runs and is healthy, or has done its work. */
export const isServing = ({status}: Instance): boolean => status?.ready === true || status?.phase === 'Terminated';

function rankOf(binding: Binding): number {
	if (isServing(binding.instance)) return 2;
	const {phase} = binding.instance.status ?? {};
	return phase === 'Failed' || phase === 'Unknown' ? 0 : 1;
}
