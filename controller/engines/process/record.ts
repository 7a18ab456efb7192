import {z} from 'zod';

/** How a program is run. */
export const Launch = z.strictObject({
	program: z.string(),
	arguments: z.array(z.string()).readonly(),
	/** `KEY=value`; a later one wins. */
	environment: z.array(z.string()).readonly(),
	workingDirectory: z.string(),
	/** `user` or `user:group`. */
	user: z.string().exactOptional(),
	stopSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGKILL']),
	ports: z.array(z.strictObject({container: z.int(), host: z.int(), protocol: z.enum(['tcp', 'udp', 'sctp'])}).readonly()).readonly(),
	health: z.strictObject({command: z.array(z.string()).readonly(), intervalMs: z.number(), timeoutMs: z.number(), startMs: z.number(), retries: z.int()}).readonly().exactOptional(),
}).readonly();
export type Launch = z.infer<typeof Launch>;

const Limits = z.strictObject({cpuMillis: z.number().exactOptional(), memoryBytes: z.number().exactOptional()}).readonly();
export type Limits = z.infer<typeof Limits>;

/** One run of the program: who it is, told apart from a later process of the same number, and how it ended. */
export const Run = z.strictObject({
	number: z.int(),
	/** Leader of the process group and session: the shell that waits for the program. */
	pid: z.int(),
	/** Field 22 of /proc/PID/stat: ticks since boot. */
	startTicks: z.string(),
	bootId: z.string(),
	startedAt: z.string(),
	finishedAt: z.string().exactOptional(),
	exitCode: z.int().exactOptional(),
	/** Ended with the machine. */
	endedWithEngine: z.boolean().exactOptional(),
}).readonly();
export type Run = z.infer<typeof Run>;

/** What is kept of one slot, in a file of its own: enough to find the program again after the agent or the machine has gone. */
export const ProcessRecord = z.strictObject({
	format: z.literal(1),
	engineId: z.string(),
	namespace: z.string(),
	service: z.string(),
	image: z.string(),
	instance: z.string(),
	uid: z.string(),
	slot: z.int(),
	binding: z.int(),
	specHash: z.string(),
	contentId: z.string(),
	createdAt: z.string(),
	launch: Launch,
	limits: Limits,
	run: Run.exactOptional(),
}).readonly();
export type ProcessRecord = z.infer<typeof ProcessRecord>;
