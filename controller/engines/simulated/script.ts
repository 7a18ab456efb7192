import {z} from 'zod';
import type {Refusal} from '../../../store/resources/refusal.js';
import {nearest} from '../../../store/resources/nearest.js';

const DelayMs = z.int({error: 'must be a number of milliseconds'}).min(0).max(3_600_000);

/** What a simulated instance does: the vocabulary of `parameters` on the simulated engine. Everything left out happens at once and goes well. */
export const Script = z.strictObject({
	prepare_delay_ms: DelayMs.default(0),
	/** Preparing fails with this sentence, as when an image cannot be had. */
	prepare_error: z.string().exactOptional(),
	start_delay_ms: DelayMs.default(0),
	/** Starting fails with this sentence. */
	start_error: z.string().exactOptional(),
	/** It ends by itself this long after each start, with `exit_code`. */
	run_for_ms: DelayMs.exactOptional(),
	exit_code: z.int().min(0).max(255).default(0),
	/** It has a health check, which passes this long after each start. */
	healthy_after_ms: DelayMs.exactOptional(),
	stop_delay_ms: DelayMs.default(0),
	/** Host ports it holds, as `{80/tcp: 8080}`. */
	ports: z.record(z.string().regex(/^\d+(?:\/(?:tcp|udp|sctp))?$/u, 'must be PORT or PORT/PROTOCOL'), z.int().min(1).max(65_535)).default({}),
	/** Named volumes it uses. */
	volumes: z.array(z.string().regex(/^[A-Za-z0-9][\w.-]*$/u, 'must be a volume name')).default([]),
	/** Lines it writes at each start. */
	logs: z.array(z.string()).default([]),
}).readonly();
export type Script = z.infer<typeof Script>;

const keys = Object.keys(Script.unwrap().shape);

/** The script in `parameters`, and what is wrong with them; with something wrong the script is the empty one. */
export function readScript(parameters: Readonly<Record<string, unknown>>): {readonly script: Script; readonly refusals: readonly Refusal[]} {
	const parsed = Script.safeParse(parameters);
	if (parsed.success) return {script: parsed.data, refusals: []};
	const invalid = (field: string, message: string, fix: string): Refusal => ({kind: 'invalid', field: `parameters.${field}`, rule: 'FieldValueInvalid', message, fix});
	return {script: Script.parse({}), refusals: parsed.error.issues.flatMap(issue => {
		if (issue.code !== 'unrecognized_keys') return [invalid(issue.path.join('.'), issue.message, 'correct it')];
		return issue.keys.map(key => {
			const meant = nearest(key, keys);
			return invalid(key, `the simulated engine knows no parameter ${JSON.stringify(key)}`, meant === undefined ? `it has ${keys.join(', ')}` : `did you mean ${meant}?`);
		});
	})};
}
