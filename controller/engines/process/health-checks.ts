import type {Observation} from '../../../reconcilers/ports/engine.js';
import type {Permission} from './permission.js';
import type {Slot} from './records.js';
import {runCommand} from './run-command.js';

interface Check {
	readonly run: number;
	readonly startedAtMs: number;
	state: Exclude<Observation['health'], 'none'>;
	failures: number;
	dueAtMs: number;
	isUnderWay: boolean;
}

/** Asks programs whether they are well, as Docker does: so often, and after so many failures in a row they are not. Forgotten with the agent, and then asked anew. */
export class HealthChecks {
	readonly #checks = new Map<string, Check>();
	readonly #underWay = new Set<AbortController>();
	readonly #permission: Permission;

	constructor(permission: Permission) {
		this.#permission = permission;
	}

	/** `none` without a check, and for what does not run: what it said last is stale. */
	of({record}: Slot): Observation['health'] {
		const check = this.#checks.get(record.engineId);
		return record.launch.health === undefined || record.run === undefined ? 'none' : check?.run === record.run.number ? check.state : 'starting';
	}

	/** Asks a running program if it is time to; tells `onChange` when the answer is another than before. Does not wait for it. */
	look(slot: Slot, nowMs: number, onChange: () => void): void {
		const {record: {engineId, launch, run}} = slot;
		const {health} = launch;
		if (health === undefined || run === undefined) return;
		const known = this.#checks.get(engineId);
		const check: Check = known?.run === run.number ? known : {run: run.number, startedAtMs: nowMs, state: 'starting', failures: 0, dueAtMs: nowMs + health.intervalMs, isUnderWay: false};
		this.#checks.set(engineId, check);
		if (check.isUnderWay || nowMs < check.dueAtMs) return;
		check.isUnderWay = true;
		const asking = new AbortController();
		const deadline = setTimeout(() => asking.abort(), health.timeoutMs);
		this.#underWay.add(asking);
		const settle = (code: number): void => {
			clearTimeout(deadline);
			this.#underWay.delete(asking);
			const before = check.state;
			const isEarly = nowMs - check.startedAtMs < health.startMs;
			check.failures = code === 0 ? 0 : isEarly && before === 'starting' ? check.failures : check.failures + 1;
			check.state = code === 0 ? 'healthy' : check.failures >= health.retries ? 'unhealthy' : before;
			check.dueAtMs = performance.now() + health.intervalMs;
			check.isUnderWay = false;
			if (check.state !== before) onChange();
		};
		void runCommand(launch, health.command, {signal: asking.signal, permission: this.#permission, onOutput: () => undefined}).then(settle, () => settle(1));
	}

	/** Forgets a slot, or what ran in it. */
	forget({record: {engineId}}: Slot): void {
		this.#checks.delete(engineId);
	}

	/** When the next check is due, in milliseconds from `nowMs`. */
	nextMs(nowMs: number): number {
		return Math.min(Infinity, ...[...this.#checks.values()].filter(check => !check.isUnderWay).map(check => Math.max(0, check.dueAtMs - nowMs)));
	}

	close(): void {
		for (const asking of this.#underWay) asking.abort();
	}
}
