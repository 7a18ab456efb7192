import type {Command} from 'commander';
import type {CliIo} from './io.js';

/** One verb of `motey`. Its module is loaded only when the verb is used, so that every other verb starts fast. */
export interface Verb {
	readonly name: string;
	/** One line for `motey --help`, beginning with a lower-case verb. */
	readonly summary: string;
	/** The heading it stands under in `motey --help`. */
	readonly group: VerbGroup;
	readonly load: () => Promise<VerbModule>;
}
export type VerbGroup = 'services' | 'node' | 'process';

/** What a verb's module exports. */
export interface VerbModule {
	readonly build: (context: CliContext) => Command;
}

/** What a verb works with. */
export interface CliContext {
	readonly io: CliIo;
	/** Every verb there is, for completion. */
	readonly verbs: readonly Verb[];
	/** The verb's exit code when it ends without throwing; 0 when never called. */
	readonly end: (code: number) => void;
}
