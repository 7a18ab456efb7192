import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

/** The system's own. */
const python = '/usr/bin/python3';

/** A frame that came back, as the client understood it. */
export interface Told {
	readonly type?: string;
	readonly value?: string;
	readonly id?: string;
	readonly error?: string;
	readonly content?: unknown;
	readonly bytes?: number;
	readonly sha256?: string;
	readonly closed?: true;
}

/** A step of `clever_show_client.py`. */
export type Step = Readonly<Record<string, unknown>> & {readonly do: string};

/** An old client in Python that lives until it is disposed of. */
export interface OldClient extends AsyncDisposable {
	do(...steps: readonly Step[]): void;
	/** The next frames that come back. */
	receive(count: number): Promise<readonly Told[]>;
}

/** Starts one that sends in pieces of so many bytes. */
export function startOldClient(port: number, {pieceBytes = 1_048_576}: {readonly pieceBytes?: number} = {}): OldClient {
	const child = spawn(python, ['test/controller/compatibility/stream-framing/clever_show_client.py', String(port), String(pieceBytes)], {stdio: ['pipe', 'pipe', 'inherit']});
	const exited = once(child, 'exit');
	const lines = createInterface({input: child.stdout})[Symbol.asyncIterator]();
	const write = (step: Step): void => void child.stdin.write(`${JSON.stringify(step)}\n`);
	return {
		do: (...steps) => steps.forEach(write),
		async receive(count) {
			write({do: 'receive', count});
			const told: Told[] = [];
			while (told.length < count) {
				const {value, done} = await lines.next();
				if (done === true) throw new Error('the client in Python has ended');
				told.push(JSON.parse(value) as Told);
			}
			return told;
		},
		async [Symbol.asyncDispose]() {
			child.kill('SIGKILL');
			await exited;
		},
	};
}

/** What the client sends as a file: the same bytes for the same seed. */
export function bytesOf(seed: string, size: number): Buffer {
	const out = Buffer.alloc(size);
	let block: Uint8Array = Buffer.from(seed);
	for (let at = 0; at < size; at += 32) {
		block = createHash('sha256').update(block).digest();
		out.set(block.subarray(0, Math.min(32, size - at)), at);
	}
	return out;
}
