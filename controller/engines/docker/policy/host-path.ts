import {posix} from 'node:path';

/** Sockets through which a container would command the engine it runs on, by their usual names; `/var/run` is `/run`. */
const engineSockets = ['/run/docker.sock', '/run/podman/podman.sock', '/run/containerd/containerd.sock', '/run/docker/containerd/containerd.sock', '/run/crio/crio.sock', '/run/balena-engine.sock'];

/** The path with `.`, `..`, doubled slashes and the usual alias of `/run` taken out, by text alone. */
export function plainPath(path: string): string {
	const normal = posix.resolve('/', path);
	return normal === '/var/run' || normal.startsWith('/var/run/') ? normal.slice('/var'.length) : normal;
}

/** True when `inner` is `outer` or lies below it. Both plain. */
export const isWithin = (inner: string, outer: string): boolean => inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`);

/** True when mounting `path` would show the engine's socket: it is one, or a folder that holds one. */
export function showsEngineSocket(path: string, {engineSocket}: {readonly engineSocket: string | undefined}): boolean {
	const plain = plainPath(path);
	const named = /(?:^|\/)(?:docker|podman|containerd|crio)\.sock$/u.test(plain);
	return named || [...engineSockets, ...(engineSocket === undefined ? [] : [plainPath(engineSocket)])].some(socket => isWithin(socket, plain));
}
