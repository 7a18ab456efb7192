import {join} from 'node:path';
import {curveKeyPair} from 'zeromq';
import {z} from 'zod';
import {readIfThere, writePrivateFile} from '../private-file.js';
import {encodeZ85} from './z85.js';

/** X25519 keys for CURVE, each 32 bytes as 40 characters of Z85. */
const CurveKeys = z.strictObject({publicKey: z.string().length(40), secretKey: z.string().length(40)}).readonly();
export type CurveKeys = z.infer<typeof CurveKeys>;

/** The CURVE keys below `dataDirectory`, in `curve.key`, made at first start. A file that holds none throws: a new key would lock this node out of its cluster. */
export async function loadCurveKeys(dataDirectory: string): Promise<CurveKeys> {
	const path = join(dataDirectory, 'curve.key');
	const stored = await readIfThere(path);
	if (stored !== undefined) return CurveKeys.parse(JSON.parse(stored));
	const keys = CurveKeys.parse(curveKeyPair());
	await writePrivateFile(path, `${JSON.stringify(keys)}\n`);
	return keys;
}

/** A public key as the ZAP handler is shown it, 32 bytes, in the words of a member record. */
export function curveKeyOf(credentials: Uint8Array): string {
	return encodeZ85(credentials);
}
