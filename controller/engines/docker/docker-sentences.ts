/**
 * The few facts that Docker tells only in prose. Each pattern was read from the engine's source (moby 20.10 to 28) and is used
 * only to choose a more helpful error code: a sentence that no longer matches gives the general code, never a wrong decision.
 */
const sentences = {
	portTaken: /port is already allocated|address already in use|all ports are allocated|Bind for .+ failed/iu,
	noSuchImage: /No such image/iu,
	noSuchContainer: /No such container/iu,
	paused: /paused container/iu,
	noSuchNetwork: /network .+ not found/iu,
	unknownImage: /manifest unknown|not found|does not exist|repository name not known/iu,
	unauthorized: /unauthorized|authentication required|no basic auth|access .*denied|denied:|incorrect username or password/iu,
	imageDamaged: /exec format error|error creating overlay mount to .*no such file or directory|\/overlay2\/[0-9a-f]+(?:\/\w+)?: no such file or directory|layer does not exist|failed to mount overlay/iu,
	unreachable: /no such host|i\/o timeout|connection refused|network is unreachable|TLS handshake|deadline exceeded|Client\.Timeout|no route to host|server misbehaving/iu,
} as const;

/** A fact that a sentence of Docker's may tell. */
export type Sentence = keyof typeof sentences;

/** True when `message` is how Docker says `sentence`. */
export const says = (message: string, sentence: Sentence): boolean => sentences[sentence].test(message);

/** The network in which Docker still keeps the endpoint of a container whose start it did not finish. */
export const networkOfEndpoint = (message: string): string | undefined => /already exists in network (\S+)/u.exec(message)?.[1];

/** Health as the list endpoint shows it, which is only within a text for people: `Up 2 minutes (healthy)`. */
export function healthFromStatus(status: string): 'none' | 'starting' | 'healthy' | 'unhealthy' {
	const shown = /\((?:health: )?(starting|healthy|unhealthy)\)/u.exec(status)?.[1];
	return shown === 'starting' || shown === 'healthy' || shown === 'unhealthy' ? shown : 'none';
}

/** The exit code as the list endpoint shows it: `Exited (137) 2 minutes ago`. */
export function exitCodeFromStatus(status: string): number | undefined {
	const shown = /^Exited \((-?\d+)\)/u.exec(status)?.[1];
	return shown === undefined ? undefined : Number(shown);
}
