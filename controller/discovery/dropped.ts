import type {Clock} from '../../reconcilers/ports/clock.js';
import type {Log} from '../../reconcilers/ports/log.js';

const tellEveryMs = 60_000;

/** Counts what was dropped and logs it once a minute, with how much it was. */
export function createDropped({log, clock, onDropped}: {readonly log: Log; readonly clock: Pick<Clock, 'monotonicMs'>; readonly onDropped: () => void}): (reason: string, topic: string) => void {
	let untold = 0;
	let toldAtMs: number | undefined;
	return (reason, topic) => {
		onDropped();
		untold += 1;
		const nowMs = clock.monotonicMs();
		if (toldAtMs !== undefined && nowMs - toldAtMs < tellEveryMs) return;
		log.warn('news over MQTT was dropped', {reason, topic: topic.slice(0, 128), dropped: untold});
		toldAtMs = nowMs;
		untold = 0;
	};
}
