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
	return {
		configFile: join(environment['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'motey', 'motey.yaml'),
		dataDir: join(environment['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'motey'),
		runDir: join(environment['XDG_RUNTIME_DIR'] ?? join('/tmp', `motey-${uid}`), 'motey'),
	};
}
