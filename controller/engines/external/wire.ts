import {z} from 'zod';

/** What a program says is kept in objects that every node has, so that it must not be long. */
const Word = z.string().max(256);
const Sentence = z.string().max(4096);
const Amount = z.number().min(0);
const Port = z.int().min(0).max(65_535);

/** A slot, and the uid of the Instance it was made for. */
const Reference = z.strictObject({name: z.string(), uid: z.string()}).readonly();

const Limits = z.strictObject({cpuMillis: z.number().exactOptional(), memoryBytes: z.number().exactOptional()}).readonly();

/** What is to run. `name` is the lock of the slot: never two things under one name. */
export const Order = z.strictObject({
	name: z.string(),
	namespace: z.string(),
	service: z.string(),
	instance: z.string(),
	uid: z.string(),
	slot: z.int(),
	binding: z.int(),
	specHash: z.string(),
	/** The entry's name and what it names as image. */
	entry: z.string(),
	image: z.string(),
	parameters: z.record(z.string(), z.unknown()).readonly(),
	/** `KEY=value`, to be set beside what the parameters say. */
	environment: z.array(z.string()).readonly(),
	limits: Limits,
	pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']),
	stopGraceSeconds: z.number(),
}).readonly();
export type Order = z.infer<typeof Order>;

/** What the engine says of one thing it runs. What is beside these fields is passed over. */
export const Observed = z.object({
	name: Word,
	namespace: Word,
	service: Word,
	/** The entry's name. */
	image: Word,
	uid: Word,
	slot: z.int(),
	binding: z.int(),
	specHash: Word,
	state: z.enum(['created', 'running', 'paused', 'restarting', 'exited', 'dead', 'removing']),
	health: z.enum(['none', 'starting', 'healthy', 'unhealthy']).default('none'),
	engineId: Word,
	contentId: Word.exactOptional(),
	address: Word.exactOptional(),
	ports: z.array(z.object({container: Port, host: Port, protocol: z.enum(['tcp', 'udp', 'sctp'])}).readonly()).max(256).readonly().default([]),
	createdAt: z.iso.datetime().exactOptional(),
	startedAt: z.iso.datetime().exactOptional(),
	finishedAt: z.iso.datetime().exactOptional(),
	exitCode: z.int().exactOptional(),
	exitReason: Word.exactOptional(),
	endedWithEngine: z.boolean().exactOptional(),
	limits: Limits.default({}),
}).readonly();

const Line = z.object({stream: z.enum(['stdout', 'stderr']).default('stdout'), text: z.string(), at: z.iso.datetime().exactOptional()}).readonly();
const Lines = z.array(Line).readonly();
const Refused = z.object({kind: z.enum(['invalid', 'forbidden']), field: Word, rule: Word.default('FieldValueInvalid'), message: Sentence, fix: Sentence.default('')}).readonly();

/** One action of an engine outside: what it is given and what it answers. */
export interface Action<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
	readonly name: string;
	readonly summary: string;
	readonly data: In;
	readonly answer: Out;
	/** A call whose answer was lost may have happened. */
	readonly changes: boolean;
	readonly deadlineMs: number;
}

const action = <In extends z.ZodType, Out extends z.ZodType>(given: Action<In, Out>): Action<In, Out> => given;

/** Every action that is asked of `val.<engine>`, in the order of a life. All may be repeated: already so is success. */
export const engineActions = {
	health: action({
		name: 'health', summary: 'is it able to work? Asked when the worker registers and after a hint. `parameters` names every key it takes or refuses under `parameters`; without it any key is passed on', changes: false, deadlineMs: 5000,
		data: z.strictObject({}), answer: z.object({version: Word.min(1), message: Sentence.default(''), parameters: z.array(Word).max(1024).readonly().exactOptional()}).readonly(),
	}),
	review: action({name: 'review', summary: 'what it would not run, and why', changes: false, deadlineMs: 5000, data: z.strictObject({order: Order}), answer: z.object({refusals: z.array(Refused).max(256).readonly()}).readonly()}),
	prepare: action({name: 'prepare', summary: 'have everything here that a start needs; `contentId` names the very content', changes: true, deadlineMs: 900_000, data: z.strictObject({order: Order}), answer: z.object({contentId: Word}).readonly()}),
	start: action({
		name: 'start', summary: 'create it when absent, and start it. What is there with the same uid and specHash is started as it is, what is paused goes on; anything else under the name is `Conflict`', changes: true, deadlineMs: 60_000,
		data: z.strictObject({order: Order}), answer: z.object({observation: Observed}).readonly(),
	}),
	stop: action({name: 'stop', summary: 'ask it to end, and make it after `graceSeconds`. It is still there afterwards', changes: true, deadlineMs: 20_000, data: z.strictObject({reference: Reference, graceSeconds: z.number()}), answer: z.unknown()}),
	remove: action({name: 'remove', summary: 'end it and leave nothing of it', changes: true, deadlineMs: 60_000, data: z.strictObject({reference: Reference}), answer: z.unknown()}),
	update: action({name: 'update', summary: 'change limits while it runs; `changed: false` when that needs a new one. May be left out', changes: true, deadlineMs: 20_000, data: z.strictObject({reference: Reference, limits: Limits}), answer: z.object({changed: z.boolean()}).readonly()}),
	inspect: action({name: 'inspect', summary: 'what has the name, or else the uid: then it gets its name back. `null` for nothing', changes: false, deadlineMs: 10_000, data: z.strictObject({reference: Reference}), answer: z.object({observation: Observed.nullable()}).readonly()}),
	list: action({name: 'list', summary: 'everything it has started and not removed', changes: false, deadlineMs: 20_000, data: z.strictObject({}), answer: z.object({observations: z.array(Observed).readonly()}).readonly()}),
	logs: action({
		name: 'logs', summary: 'lines of the present run, or of the one before; after `cursor` when it is given. `ended`: nothing follows', changes: false, deadlineMs: 10_000,
		data: z.strictObject({reference: Reference, previous: z.boolean(), tailLines: z.int().exactOptional(), cursor: z.string().exactOptional()}),
		answer: z.object({lines: Lines, cursor: z.string(), ended: z.boolean()}).readonly(),
	}),
	stats: action({
		name: 'stats', summary: 'what it uses now: cores×1000, bytes', changes: false, deadlineMs: 10_000,
		data: z.strictObject({reference: Reference}), answer: z.object({cpuMillis: Amount, memoryBytes: Amount, networkRxBytes: Amount.default(0), networkTxBytes: Amount.default(0), sampledAt: z.iso.datetime()}).readonly(),
	}),
	exec: action({name: 'exec', summary: 'run a command inside, to its end. May be left out', changes: true, deadlineMs: 600_000, data: z.strictObject({reference: Reference, command: z.array(z.string()).readonly()}), answer: z.object({exitCode: z.int(), lines: Lines}).readonly()}),
} as const;

/** `engine.event` at `val`: look at this instance again, or at everything. */
export const EngineEvent = z.union([
	z.strictObject({engine: z.string(), kind: z.literal('changed'), uid: z.string(), namespace: z.string(), instance: z.string()}),
	z.strictObject({engine: z.string(), kind: z.literal('relist')}),
]);
export type EngineEvent = z.infer<typeof EngineEvent>;
