import {vocabulary as dockerVocabulary} from '../docker/parameters/read-parameters.js';
import type {Vocabulary} from '../docker/parameters/read-parameters.js';
import {refuse, type AcceptedKeyword, type Keyword} from '../docker/parameters/keyword.js';

/** The same key with the same values as on the docker engine; `description` says what it means here. */
function shared(name: string, description: Partial<Pick<AcceptedKeyword, 'becomes' | 'standard' | 'note' | 'type'>>): AcceptedKeyword {
	const keyword = dockerVocabulary[name];
	if (keyword?.kind !== 'accepted') throw new RangeError(`The docker engine takes no ${name}`);
	const {type, becomes, read} = keyword;
	return {kind: 'accepted', type, becomes, read, ...description};
}

const accepted: Readonly<Record<string, Keyword>> = {
	command: shared('command', {becomes: 'arguments', standard: 'none', note: 'what the program is given; the program itself is `image`'}),
	environment: shared('environment', {becomes: 'environment', note: 'nothing is taken from the node\'s own environment; names are letters, digits and _, and none begins with LD_, which is the loader\'s. PATH is the usual one unless it stands here, and MOTEY_SERVICE, MOTEY_IMAGE, MOTEY_SLOT, MOTEY_INSTANCE, MOTEY_NODE and MOTEY_FENCE are set beside it'}),
	working_dir: shared('working_dir', {type: 'absolute path', becomes: 'working directory', standard: '/'}),
	user: shared('user', {type: 'user or user:group, names or numbers', becomes: 'user and group', standard: 'the node\'s own', note: 'needs a node that runs as root; further groups of the user are not taken along'}),
	stop_signal: shared('stop_signal', {type: 'SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 or SIGKILL', becomes: 'signal to the process group', standard: 'SIGTERM'}),
	healthcheck: shared('healthcheck', {becomes: 'a command run beside the program', standard: 'none; as with Docker interval and timeout are 30s and retries 3', note: 'the node must permit its program too, /bin/sh for CMD-SHELL. Durations are nanoseconds or text such as 10s'}),
	ports: shared('ports', {type: 'map {80/tcp: 8080}, or list of "8080:80"', becomes: 'declaration', note: 'says on which ports of the host the program listens, so that no other instance is given one of them. The port before the mapping is a label; ranges and free ports need an engine that maps'}),
};

const container = ['a program on the host has no container that this could describe', 'leave it out, or run an image with engine: docker'] as const;

const notTaken: Readonly<Record<string, Keyword>> = Object.fromEntries(Object.entries(dockerVocabulary).filter(([name]) => accepted[name] === undefined).map(([name, keyword]): [string, Keyword] => {
	if (name === 'volumes') return [name, refuse('a program on the host sees the files of the host', 'name its files in command or environment')];
	if (name === 'entrypoint') return [name, refuse('the program is named by image', 'write image: /path/of/program, and what it is given under command')];
	if (keyword.kind === 'alias') return [name, accepted[keyword.of] === undefined ? refuse(...container) : keyword];
	return [name, keyword.kind === 'refused' ? keyword : refuse(...container)];
}));

/** What the process engine takes under `parameters`: the keys of the docker engine that mean something without a container, with the same values. */
export const processEngineVocabulary: Vocabulary = {engine: 'process', keywords: {...accepted, ...notTaken}};
