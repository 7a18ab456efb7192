/** Names under which this machine is always reached from itself. */
const loopbackNames: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The name in a `Host` header without its port, in lower case; undefined when it is not a host. */
export function hostName(host: string | undefined): string | undefined {
	return /^(?<name>\[[0-9a-f:.]+\]|[^:/@\s]+)(?::\d{1,5})?$/iu.exec(host ?? '')?.groups?.['name']?.toLowerCase().replace(/\.$/u, '');
}

/** The hosts a node answers for: loopback's names, and those configured beside them. */
export function knownHosts(names: readonly string[]): ReadonlySet<string> {
	return new Set([...loopbackNames, ...names.map(one => hostName(one) ?? one.toLowerCase())]);
}

/**
 * Why a request did not come from a client that meant this node: a foreign `Host` (a page whose name was pointed here, DNS rebinding)
 * or a foreign `Origin` (a page of another site). Undefined when all is well.
 */
export function foreignRequest(request: {readonly host: string | undefined; readonly origin: string | undefined; readonly known: ReadonlySet<string>}): {readonly code: 403 | 421; readonly message: string} | undefined {
	const {host, origin, known} = request;
	const name = hostName(host);
	if (name === undefined || !known.has(name)) return {code: 421, message: `this node does not answer for host ${host ?? '(none)'}: add the name to api.hosts`};
	if (origin !== undefined && origin !== `http://${host ?? ''}` && origin !== `https://${host ?? ''}`) return {code: 403, message: `pages of ${origin} may not use this API`};
	return undefined;
}
