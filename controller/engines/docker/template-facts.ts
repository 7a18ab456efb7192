import type {Engine} from '../../../reconcilers/ports/engine.js';
import type {ContainerBody} from './container-body.js';

const protocols = {tcp: 'tcp', udp: 'udp', sctp: 'sctp'} as const;
const isProtocol = (text: string): text is keyof typeof protocols => Object.hasOwn(protocols, text);

/** Host ports that the body asks for by number. One of a range and any free one are Docker's choice, and no two containers can clash over them. */
export function hostPortsOf(body: ContainerBody): ReturnType<Engine['hostPorts']> {
	return Object.entries(body.HostConfig?.PortBindings ?? {}).flatMap(([key, bindings]) => {
		const protocol = key.split('/')[1] ?? 'tcp';
		return bindings.filter(({HostPort: port}) => /^\d+$/u.test(port)).map(({HostPort: port, HostIp: address}) => ({
			host: Number(port), protocol: isProtocol(protocol) ? protocol : 'tcp', ...(address === undefined ? {} : {address}),
		}));
	});
}

/** Named volumes that the body mounts. */
export function volumesOf(body: ContainerBody): readonly string[] {
	const binds = (body.HostConfig?.Binds ?? []).map(bind => bind.split(':', 1)[0] ?? '').filter(source => !source.startsWith('/'));
	const mounts = (body.HostConfig?.Mounts ?? []).flatMap(mount => mount.Type === 'volume' && mount.Source !== undefined ? [mount.Source] : []);
	return [...new Set([...binds, ...mounts])];
}
