import {homedir} from 'node:os';
import {join} from 'node:path';

/** What the CLI takes from its environment. Nothing else of the CLI reads `process.env`. */
export interface CliEnvironment {
	/** MOTEY_SERVER: the node to talk to. */
	readonly server?: string;
	/** MOTEY_TOKEN. */
	readonly token?: string;
	/** MOTEY_CONFIG, else ~/.motey/config. */
	readonly contextFile: string;
	/** Where a node on this machine has its socket: MOTEY_RUN_DIR, else the system's place. */
	readonly runDir: string;
	readonly noColour: boolean;
	/** TERM. */
	readonly terminal: string;
}

/** Reads the environment of this process. */
export function cliEnvironment(variables: Readonly<Record<string, string | undefined>> = process.env, uid = process.getuid?.() ?? -1): CliEnvironment {
	const server = filled(variables['MOTEY_SERVER']);
	const token = filled(variables['MOTEY_TOKEN']);
	return {
		...(server === undefined ? {} : {server}),
		...(token === undefined ? {} : {token}),
		contextFile: filled(variables['MOTEY_CONFIG']) ?? join(filled(variables['HOME']) ?? homedir(), '.motey', 'config'),
		runDir: filled(variables['MOTEY_RUN_DIR']) ?? defaultRunDir(variables, uid),
		noColour: filled(variables['NO_COLOR']) !== undefined,
		terminal: variables['TERM'] ?? '',
	};
}

/** Not below /tmp: whoever made that folder first would be sent the token. */
function defaultRunDir(variables: Readonly<Record<string, string | undefined>>, uid: number): string {
	if (uid === 0) return '/run/motey';
	const runtime = filled(variables['XDG_RUNTIME_DIR']);
	if (runtime !== undefined) return join(runtime, 'motey');
	return join(filled(variables['XDG_DATA_HOME']) ?? join(filled(variables['HOME']) ?? homedir(), '.local', 'share'), 'motey', 'run');
}

function filled(value: string | undefined): string | undefined {
	return value === undefined || value === '' ? undefined : value;
}
