import {Option, type Command} from 'commander';
import type {Client} from '../../client/client.js';
import {lateRefusal} from '../../client/late-refusal.js';
import {at, isObject, listAt, numberAt, textAt, type JsonObject} from '../../client/value.js';
import {clientVerb, connect, durationMs, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {parseInstant, tellWait, type Instant} from '../instant.js';
import {print} from '../io.js';
import {outputOption, printValue} from '../output.js';
import {printGrid} from '../table.js';
import type {CliContext} from '../verb.js';

/** How long the answer may take beyond what it waits for; milliseconds. */
const marginMs = 3000;
/** How long a request may wait at all. */
const longestMs = 3_600_000;

interface Common extends NodeOptions {
	readonly member?: string;
	readonly output?: 'yaml' | 'json';
}

/** `motey group publish`. */
export function publishVerb({io}: CliContext): Command {
	return clientVerb('publish', {summary: 'tell something to all members that are there', examples: ['motey group publish lamps hello', 'motey group publish lamps --tag level \'{"lux": 40}\''], namespaced: false})
		.argument('<group>', 'its name')
		.argument('<payload>', 'JSON, or a text')
		.option('--tag <word>', 'what it is about', '')
		.addOption(memberOption())
		.action(async (group: string, payload: string, {tag, member, ...options}: Common & {readonly tag: string}) => {
			const {client} = await connect(options, io);
			await last(client, {action: 'group.publish', data: {group, tag, payload: valueOf(payload), ...named(member)}, deadlineMs: 5000, signal: io.signal});
			print(io, `published in ${group}`);
		});
}

/** `motey group poll`. */
export function pollVerb(context: CliContext): Command {
	const {io} = context;
	return clientVerb('poll', {summary: 'let the known members vote; fails when it is not accepted', examples: ['motey group poll cluster ready', 'motey group poll lamps colour \'"red"\' --rule consensus --timeout 3s'], namespaced: false})
		.argument('<group>', 'its name')
		.argument('<topic>', 'what the poll is about')
		.argument('[value]', 'JSON, or a text', 'null')
		.addOption(ruleOption('majority'))
		.option('--timeout <duration>', 'how long to wait for votes; 1.5 s, unless configured otherwise, when not said', durationMs)
		.addOption(memberOption())
		.addOption(outputOption(['yaml', 'json']))
		.action(async (group: string, topic: string, value: string, {rule, timeout, member, output, ...options}: Common & {readonly rule: string; readonly timeout?: number}) => {
			const {client} = await connect(options, io);
			const waits = timeout === undefined ? {} : {deadlineMs: Math.round(timeout)};
			const verdict = await last(client, {action: 'group.poll', data: {group, topic, value: valueOf(value), rule, ...waits, ...named(member)}, deadlineMs: (timeout ?? 10_000) + marginMs, signal: io.signal});
			await conclude(verdict, {context, output});
		});
}

/** `motey group act`. */
export function actVerb(context: CliContext): Command {
	const {io} = context;
	return clientVerb('act', {summary: 'let the members do something at one instant; fails when they do not agree', examples: ['motey group act cluster note --in 5s', 'motey group act lamps \'{"colour": "red"}\' --at 2026-12-24T18:00:00Z --rule majority'], namespaced: false})
		.argument('<group>', 'its name')
		.argument('<action>', 'JSON, or a text')
		.addOption(new Option('--in <duration>', 'how long from now').argParser(durationMs))
		.addOption(new Option('--at <time>', 'when: RFC 3339 on the clock of the node that is asked, or +5s from now; at most 50 minutes away').argParser(parseInstant).conflicts('in'))
		.addOption(ruleOption('consensus'))
		.addOption(memberOption())
		.addOption(outputOption(['yaml', 'json']))
		.action(async (group: string, action: string, {in: inMs, at: time, rule, member, output, ...options}: Common & {readonly in?: number; readonly at?: Instant; readonly rule: string}) => {
			const instant = inMs === undefined ? time : {inMs};
			if (instant === undefined) throw new CliError('when?', {exitCode: exitCodes.usage, fix: 'Say --in DURATION or --at TIME.'});
			const {client} = await connect(options, io);
			// What a clock's time is from now, only the node knows.
			const when = 'at' in instant ? {at: Date.parse(instant.at)} : instant;
			const deadlineMs = 'at' in instant ? longestMs : Math.min(longestMs, Math.ceil(instant.inMs) + 2 * marginMs);
			tellWait(instant, {io, before: 'the members vote now; the instant is'});
			const verdict = await last(client, {action: 'group.act', data: {group, action: valueOf(action), rule, ...when, ...named(member)}, deadlineMs, signal: io.signal});
			await conclude(verdict, {context, output});
		});
}

/** Everything that is answered, part by part; what is empty is passed over. Throws `Refused` with what the node says against it. */
export async function * asked(client: Client, request: {readonly action: string; readonly data: JsonObject; readonly deadlineMs: number; readonly signal: AbortSignal}): AsyncGenerator<JsonObject, void> {
	for await (const answer of client.ask({service: 'group', ...request})) {
		const refusal = lateRefusal(answer);
		if (refusal) throw refusal;
		if (isObject(answer['data'])) yield answer['data'];
	}
}

async function last(client: Client, request: Parameters<typeof asked>[1]): Promise<JsonObject> {
	let found: JsonObject = {};
	for await (const answer of asked(client, request)) found = answer;
	return found;
}

async function conclude(verdict: JsonObject, {context: {io, end}, output}: {readonly context: CliContext; readonly output: 'yaml' | 'json' | undefined}): Promise<void> {
	const outcome = textAt(verdict, 'outcome');
	if (output !== undefined) await printValue(io, verdict, output);
	else {
		const reason = textAt(verdict, 'reason');
		print(io, reason === '' ? outcome : `${outcome}: ${reason}`);
		const reports = new Map(listAt(verdict, 'performances').map(report => [textAt(report, 'member'), report]));
		const headings = ['MEMBER', 'VOTE', ...(reports.size > 0 ? ['PERFORMED', 'LATE', 'CLOCK ERROR'] : []), 'REASON'];
		const rows = byName(listAt(verdict, 'votes')).map(vote => [textAt(vote, 'name'), textAt(vote, 'vote'), ...(reports.size > 0 ? performanceCells(reports.get(textAt(vote, 'member'))) : []), textAt(vote, 'reason')]);
		if (rows.length > 0) printGrid(io, {headings, rows});
	}
	if (outcome !== 'accepted') end(outcome === 'timeout' ? exitCodes.timedOut : exitCodes.error);
}

function performanceCells(report: unknown): readonly string[] {
	if (report === undefined) return ['not told', '', ''];
	const ms = (field: string): string => `${(numberAt(report, field) ?? 0).toFixed(1)} ms`;
	return at(report, 'performed') === true ? ['yes', ms('deviationMs'), `≤ ${ms('boundMs')}`] : ['missed', ms('deviationMs'), ''];
}

const memberOption = (): Option => new Option('--member <worker>', 'which member of the node asks: the name of its worker; any when not said');
const ruleOption = (rule: 'majority' | 'consensus'): Option => new Option('--rule <rule>', 'more than half of the known members, or all of them').choices(['majority', 'consensus']).default(rule);
const named = (member: string | undefined): JsonObject => (member === undefined ? {} : {member});

/** The same order at every node, whoever leads. */
export const byName = (members: readonly unknown[]): readonly unknown[] => members.toSorted((one, other) => (textAt(one, 'name') < textAt(other, 'name') ? -1 : 1));

/** What is no JSON is a text. */
function valueOf(written: string): unknown {
	try {
		const value: unknown = JSON.parse(written);
		return value;
	} catch {
		return written;
	}
}
