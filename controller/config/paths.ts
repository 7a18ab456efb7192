import {join} from 'node:path';

/** Where things are by default: the system's places for root, the XDG base directories for anybody else. */
export interface DefaultPaths {
	readonly configFile: string;
	readonly dataDir: string;
	readonly runDir: string;
}

/** @see https://specifications.freedesktop.org/basedir-spec/latest/ */
export function defaultPaths({uid, home, environment}: {uid: number; home: string; environment: Readonly<Record<string, string | undefined>>}): DefaultPaths {
	if (uid === 0) return {configFile: '/etc/motey/motey.yaml', dataDir: '/var/lib/motey', runDir: '/run/motey'};
	const base = (variable: string): string | undefined => environment[variable] === '' ? undefined : environment[variable];
	const dataDir = join(base('XDG_DATA_HOME') ?? join(home, '.local', 'share'), 'motey');
	const runtime = base('XDG_RUNTIME_DIR');
	return {
		configFile: join(base('XDG_CONFIG_HOME') ?? join(home, '.config'), 'motey', 'motey.yaml'),
		dataDir,
		// Not below /tmp, where anybody may be first to make the folder and put a socket of his own into it.
		runDir: runtime === undefined ? join(dataDir, 'run') : join(runtime, 'motey'),
	};
}
