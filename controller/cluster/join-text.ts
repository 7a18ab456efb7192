import {createHash, X509Certificate} from 'node:crypto';

/** What the text of a join token says. `authoritySha256` is that of the authority's certificate (DER), in hexadecimal. */
export interface JoinText {
	readonly authoritySha256: string;
	readonly id: string;
	readonly secret: string;
}

const pattern = /^M1([0-9a-f]{64})::([a-z0-9-]{1,63})\.([\w-]{43})$/u;

/** `M1<sha256 of the authority>::<id>.<secret>`: names whom to trust and shows that one may join. */
export function writeJoinText({authoritySha256, id, secret}: JoinText): string {
	return `M1${authoritySha256}::${id}.${secret}`;
}

/** Undefined for a text that is no join token. */
export function readJoinText(text: string): JoinText | undefined {
	const [, authoritySha256, id, secret] = pattern.exec(text.trim()) ?? [];
	return authoritySha256 === undefined || id === undefined || secret === undefined ? undefined : {authoritySha256, id, secret};
}

/** SHA-256 of a certificate (PEM) in hexadecimal; undefined when it is none. */
export function certificateSha256(pem: string): string | undefined {
	try {
		return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
	} catch {
		return undefined;
	}
}
