import type {HttpLimits} from '../../api/limits/limits.js';
import type {ApiLimits} from '../../api/ports/limits.js';
import type {TransferLimits} from '../../controller/peers/transfer/limits.js';
import type {StoreLimits} from '../../store/level/limits.js';

/** What each limit bounds, and what happens to the rest. The compiler sees to it that none is left out. */
export const httpLimitMeanings = {
	connections: 'open connections over all listeners; one more is closed at once',
	unauthenticatedPerAddress: 'connections of one address without a valid token, once `unauthenticatedGraceMs` are over; the surplus is closed',
	unauthenticatedBurstPerAddress: 'the same, counting also those of the last moment; one more is closed at once',
	unauthenticatedGraceMs: 'how long a new connection may take to show a valid token before it counts; not on the unix socket',
	headerBytes: 'all headers of a request: 431',
	headers: 'header fields of a request: 431',
	headersTimeoutMs: 'from a connection\'s opening to the end of the headers, and a TLS handshake: closed',
	requestTimeoutMs: 'to the end of the body, and how long an idle connection is kept: closed',
	mutationsPerSecond: 'changing requests of one token: 429 with `Retry-After`',
	mutationsBurst: 'changing requests of one token at once',
} as const satisfies Record<keyof HttpLimits, string>;

/** As above, for bodies, answers and watches. */
export const apiLimitMeanings = {
	bodyBytes: 'a request\'s body after decompression: 413',
	bodyTimeoutMs: 'from the first look at the body to its last byte: 408',
	answerTimeoutMs: 'from the body\'s last byte to the answer, unless that is a stream: 504',
	depth: 'lists and mappings within each other: 400',
	aliases: 'YAML aliases in a document: 400',
	keys: 'keys of one mapping: 400',
	watches: 'open watches: 429',
	watchesPerToken: 'open watches of one token: 429',
	watchBufferBytes: 'what may wait for one watcher\'s socket: reading stops at half of it and goes on from the history',
	watchBuffersBytes: 'what may wait for all watchers: lowers the share of each to this divided by `watches`, at least 16 KiB',
	watchBlockedMs: 'how long a watcher\'s socket may take nothing: the watch ends with a Status 504',
	bookmarkMs: 'how often an idle watcher that wants bookmarks is told the revision',
	watchHoldMs: 'how long a watch is held whose client names no time',
	snapshots: 'lists being paged through, each at its own revision; the oldest is dropped, and its next page answers 410',
	snapshotMs: 'how long such a list is held: then 410',
} as const satisfies Record<keyof ApiLimits, string>;

/** As above, for the store. */
export const storeLimitMeanings = {
	objectBytes: 'JSON of one object: 413',
	objects: 'objects in all: 403, until something is deleted',
	totalBytes: 'JSON of all objects: 403 for what would grow it',
	historyRevisions: 'revisions that can always be resumed from',
	historyMs: 'time that can always be resumed from',
	historyMaxRevisions: 'revisions kept at most, however young',
	historyBytes: 'JSON of the history kept at most, however young',
} as const satisfies Record<keyof StoreLimits, string>;

/** As above, for files between nodes. */
export const transferLimitMeanings = {
	transfersIn: 'files received at once; more wait',
	transfersOut: 'files given away at once; more wait',
	transfersOpen: 'files open at all, those that wait included: 503',
	transferBytesPerSecond: 'all files of the node together, both ways; at least 65 536',
	transferIdleMs: 'a transfer that nobody speaks of for so long is closed; it can be taken up again',
	transferKeepMs: 'what was received of a file that nobody has taken up again for so long is removed',
} as const satisfies Record<keyof TransferLimits, string>;

/** As above, for images. */
export const imageLimitMeanings = {
	imageBytes: 'the archive of an image, and again what its layers unpack to',
} as const;
