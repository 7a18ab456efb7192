import {z} from 'zod';
import {Capability} from '../../store/resources/capability.js';
import {Name} from '../../store/resources/meta.js';
import {capabilityLimits} from './limits.js';

/** What a hardware daemon says. `set` replaces what this publisher said before, and holds for `ttlSeconds` unless it is said again. */
export type CapabilityMessage =
	| {readonly kind: 'add' | 'remove'; readonly capabilities: readonly Capability[]}
	| {readonly kind: 'set'; readonly publisher: string; readonly ttlSeconds: number; readonly capabilities: readonly Capability[]};

/** A message, or why it is none. `publisher` when the message says whose it is, however wrong the rest. */
export type Reading = {readonly ok: true; readonly message: CapabilityMessage} | {readonly ok: false; readonly reason: string; readonly publisher?: string};

/** As the daemons of the original write it: fields beside the two are passed over. */
const Said = z.object(Capability.unwrap().shape);
/** A message can have as many mistakes as it has bytes. */
const longestReason = 500;
const OneOrMore = z.union([z.array(Said).readonly(), Said.transform(one => [one])]);
const SetCapabilities = z.object({
	publisher: Name,
	ttlSeconds: z.number().min(1).max(86_400).default(30),
	capabilities: z.array(Said).readonly(),
});

/** Reads `add_capability#<JSON>`, `remove_capability#<JSON>` and `set_capabilities#<JSON>`. Never throws. */
export function readMessage(frames: readonly Buffer[]): Reading {
	const [frame] = frames;
	if (frame === undefined || frames.length > 1) return {ok: false, reason: `a message is one frame, not ${frames.length}`};
	if (frame.length > capabilityLimits.messageBytes) return {ok: false, reason: `a message has at most ${capabilityLimits.messageBytes} bytes, not ${frame.length}`};
	const text = frame.toString('utf8');
	const at = text.indexOf('#');
	const verb = text.slice(0, Math.max(0, at));
	const json = readJson(text.slice(at + 1));
	switch (verb) {
		case 'add_capability':
		case 'remove_capability': {
			const parsed = OneOrMore.safeParse(json);
			if (!parsed.success) return {ok: false, reason: `${verb} takes {"capability": …, "capability_type": …} or a list of them`};
			return {ok: true, message: {kind: verb === 'add_capability' ? 'add' : 'remove', capabilities: parsed.data}};
		}
		case 'set_capabilities': {
			const parsed = SetCapabilities.safeParse(json);
			if (parsed.success) return {ok: true, message: {kind: 'set', ...parsed.data}};
			const named = z.object({publisher: Name}).safeParse(json);
			return {ok: false, reason: `set_capabilities: ${z.prettifyError(parsed.error).replace(/\s+/gu, ' ')}`.slice(0, longestReason), ...(named.success ? {publisher: named.data.publisher} : {})};
		}
		default: return {ok: false, reason: 'a message begins with add_capability#, remove_capability# or set_capabilities#'};
	}
}

/** Undefined for what is no JSON: no schema here takes that. */
function readJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
