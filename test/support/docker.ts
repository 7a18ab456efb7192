import Dockerode from 'dockerode';

/**
 * The Docker Engine that the test run started for itself, as `unix:///…/docker.sock`.
 * Throws, saying how to get one, when there is none: tests never fall back to the machine's own Docker.
 */
export function testDockerUrl(): string {
	const url = process.env['MOTEY_TEST_DOCKER'];
	if (url?.startsWith('unix:///')) return url;
	throw new Error([
		`MOTEY_TEST_DOCKER is ${url === undefined ? 'not set' : `"${url}", not unix:///…`}. Run the tests with \`npm test\`,`,
		'or start an engine once with `eval "$(scripts/test-engine.sh start)"` and run ava by hand.',
	].join(' '));
}

/** Path of that engine's socket. */
export const testDockerSocket = (): string => testDockerUrl().slice('unix://'.length);

/** A client of the test run's engine, apart from the adapter under test, to look at the world and to disturb it. */
export const testDocker = (): Dockerode => new Dockerode({socketPath: testDockerSocket()});
