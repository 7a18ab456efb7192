import {once} from 'node:events';
import {Worker} from 'node:worker_threads';
import {z} from 'zod';

const KeyPair = z.strictObject({certificate: z.string(), privateKey: z.string()}).readonly();
/** A certificate and its private key, both PEM. */
export type KeyPair = z.infer<typeof KeyPair>;

/** What certificates are asked for. Without an `authority` a new one is made. */
export const CertificateOrder = z.strictObject({
	authority: KeyPair.exactOptional(),
	nodeName: z.string(),
	subjects: z.array(z.strictObject({type: z.enum(['ip', 'dns']), value: z.string()})),
	now: z.date(),
}).readonly();
export type CertificateOrder = z.infer<typeof CertificateOrder>;

const Made = z.strictObject({authority: KeyPair, server: KeyPair}).readonly();

/**
 * Makes a server certificate, and its authority where none is given. On a thread of its own, because the library that makes certificates
 * takes 100 ms to load, which the rest of a start can use, and 20 MB, which end with the thread.
 */
export async function makeCertificates(order: CertificateOrder): Promise<z.infer<typeof Made>> {
	const worker = new Worker(new URL('certificate-worker.js', import.meta.url), {workerData: order});
	try {
		return await once(worker, 'message').then(([made]: unknown[]) => Made.parse(made));
	} finally {
		await worker.terminate();
	}
}
