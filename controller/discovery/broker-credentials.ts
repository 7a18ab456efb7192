import {createHmac, createPrivateKey, hkdfSync, timingSafeEqual} from 'node:crypto';

/**
 * The password of a member at the cluster's own broker: HMAC-SHA-256 of its id, under a key derived from the cluster key (PEM) by HKDF-SHA-256 with
 * the info `motey/mqtt/v1`. So every member knows every password without asking, and nobody else knows one; it changes with the cluster key.
 */
export function brokerPassword(nodeId: string, clusterKey: string): string {
	const secret = createPrivateKey(clusterKey).export({type: 'pkcs8', format: 'der'});
	return createHmac('sha256', Buffer.from(hkdfSync('sha256', secret, '', 'motey/mqtt/v1', 32))).update(nodeId).digest('base64url');
}

/** Compares in constant time. */
export function isBrokerPassword(password: Buffer, {nodeId, clusterKey}: {readonly nodeId: string; readonly clusterKey: string}): boolean {
	const expected = Buffer.from(brokerPassword(nodeId, clusterKey));
	return password.length === expected.length && timingSafeEqual(password, expected);
}
