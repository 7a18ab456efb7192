import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {eventually} from '../../support/eventually.js';

const program = fileURLToPath(new URL('../../../../test/controller/compatibility/original_node.py', import.meta.url));
/** The system's own, which has python3-zmq. */
const python = '/usr/bin/python3';

export type Question = 'capabilities' | 'deploy' | 'status' | 'terminate';
export type Ports = Readonly<Record<Question, number>>;

interface Said {
	readonly answer?: string | null;
	readonly registered?: string;
	readonly removed?: string;
	readonly deployed?: Readonly<Record<string, unknown>>;
	readonly terminated?: Readonly<Record<string, unknown>>;
}

/** A Python program in the place of a node of the original. */
export interface OriginalProgram extends AsyncDisposable {
	/** What it has told, in order. */
	readonly said: readonly Said[];
	/** Asks another node one of the original's four questions. */
	ask(question: Question, host: string, text: string): Promise<string | null>;
	whenSaid(choose: (said: Said) => boolean, what: string): Promise<Said>;
	kill(): Promise<void>;
}

export function startOriginal({host, brokerPort, ports}: {readonly host: string; readonly brokerPort: number; readonly ports: Ports}): OriginalProgram {
	const child = spawn(python, [program, host, String(brokerPort), ...[ports.capabilities, ports.deploy, ports.status, ports.terminate].map(String)], {stdio: ['pipe', 'pipe', 'inherit']});
	const ended = once(child, 'exit');
	const said: Said[] = [];
	createInterface({input: child.stdout}).on('line', line => said.push(JSON.parse(line) as Said));
	const whenSaid: OriginalProgram['whenSaid'] = async (choose, what) => eventually(() => said.find(choose), {what, everyMs: 20});
	const kill = async (): Promise<void> => {
		child.kill('SIGKILL');
		await ended;
	};
	return {
		said, whenSaid, kill,
		async ask(question, to, text) {
			const before = said.filter(({answer}) => answer !== undefined).length;
			child.stdin.write(`${JSON.stringify({ask: question, host: to, text})}\n`);
			const all = await eventually(() => {
				const answers = said.filter(({answer}) => answer !== undefined);
				return answers.length > before ? answers : undefined;
			}, {what: `an answer to ${question}`, everyMs: 10});
			return all.at(-1)!.answer!;
		},
		[Symbol.asyncDispose]: kill,
	};
}
