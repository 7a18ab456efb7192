import {EngineError, type CallOptions, type WorkloadReference} from '../../../reconcilers/ports/engine.js';
import type {Resources} from '../../../store/resources/image.js';
import {limitsOf} from './container-config.js';
import type {Containers} from './containers.js';
import type {EngineApi} from './engine-api.js';
import {labels} from './labels.js';
import type {Inspection} from './observation.js';

/** True when a limit that came from `resources` is no longer wanted; Docker can only change a limit, not take it away. */
function removesLimit({Config: config, HostConfig: host}: Inspection, limits: Resources): boolean {
	const fromParameters = new Set((config.Labels[labels.parameterLimits] ?? '').split(','));
	return (limits.memory === undefined && host.Memory > 0 && !fromParameters.has('memory'))
		|| (limits.cpu === undefined && host.NanoCpus > 0 && !fromParameters.has('cpu'));
}

/** Puts `limits` in force on the container as it runs. False when only a new container can have them. */
export async function updateLimits({api, containers}: {readonly api: EngineApi; readonly containers: Containers}, reference: WorkloadReference, {limits, signal}: CallOptions & {readonly limits: Resources}): Promise<boolean> {
	const before = await containers.own(reference, signal);
	if (before === undefined) throw new EngineError('NotFound', `There is no container ${reference.name}`, {transient: true});
	if (removesLimit(before, limits)) return false;
	const wanted = limitsOf(limits);
	const inForce = ({HostConfig: host}: Inspection): boolean => (wanted.Memory ?? host.Memory) === host.Memory && (wanted.NanoCpus ?? host.NanoCpus) === host.NanoCpus;
	if (inForce(before)) return true;
	try {
		const body = {...wanted, ...(wanted.Memory === undefined ? {} : {MemorySwap: wanted.Memory})};
		await api.change({what: `change the limits of ${reference.name}`, deadlineMs: api.deadlines.startMs, signal}, {path: `/containers/${before.Id}/update`, body});
	} catch (error) {
		// The engine answered that it cannot: too little for what is in use, or a kernel without this control.
		if (error instanceof EngineError && (error.code === 'Failed' || error.code === 'Invalid')) return false;
		throw error;
	}
	const after = await containers.look(before.Id, signal);
	return after !== undefined && inForce(after);
}
