import type {Member, PeerAddress} from '../../store/resources/member.js';

/** `HOST:PORT` as configured, `[HOST]:PORT` for IPv6, the port being that for requests; news are expected one port above, until the peer itself says otherwise. */
export function parsePeer(text: string): PeerAddress | undefined {
	const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/u.exec(text);
	const host = match?.[1] ?? match?.[2];
	const port = Number(match?.[3]);
	return host === undefined || port < 1 || port > 65_534 ? undefined : {host, port, publishPort: port + 1};
}

/**
 * Adds addresses to those of every member that is not linked, to be tried after what is known of it. Which member listens there is proven by its key,
 * so each may be tried for all; for one that is linked they would only be tried in vain.
 */
export function withStaticPeers(members: readonly Member[], {peers, isLinked}: {readonly peers: readonly PeerAddress[]; readonly isLinked: (id: string) => boolean}): readonly Member[] {
	if (peers.length === 0) return members;
	return members.map(member => {
		if (isLinked(member.spec.id)) return member;
		const known = member.status?.addresses ?? [];
		const further = peers.filter(peer => !known.some(({host, port}) => host === peer.host && port === peer.port));
		return {...member, status: {addresses: [...known, ...further]}};
	});
}
