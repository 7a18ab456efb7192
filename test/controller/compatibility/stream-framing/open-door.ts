import type {ExecutionContext} from 'ava';
import {openStreamListener, type StreamListener, type StreamListenerOptions} from '../../../../controller/compatibility/stream-framing/listener.js';
import {systemClock} from '../../../../controller/clock.js';
import {createWorker, type WorkerOptions} from '../../../../controller/peers/mdp/mdp.js';
import type {Mdp} from '../../../../controller/peers/mdp/open.js';
import {eventually} from '../../../support/eventually.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';
import {openTestMdp} from '../../peers/mdp/open-test-mdp.js';
import {directoryFiles} from './directory-files.js';

/** A node named attic, whose old clients are served. */
export interface Door {
	readonly listener: StreamListener;
	readonly mdp: Mdp;
	/** Where its files are. */
	readonly directory: string;
	/** What was logged. */
	readonly lines: string[];
	/** Registers a program. */
	serve(options: Pick<WorkerOptions, 'service' | 'handlers'>): Promise<void>;
}

/** Opens one for a test. */
export async function openDoor(t: ExecutionContext, options: Partial<StreamListenerOptions> = {}): Promise<Door> {
	const directory = await makeTempDirectory('door-');
	const mdp = await openTestMdp();
	const lines: string[] = [];
	const write = (message: string): void => void lines.push(message);
	const listener = await openStreamListener({
		hosts: ['127.0.0.1'], port: 0, node: 'attic', calls: mdp.calls, own: new Map([['time', () => Promise.resolve(1234.5)]]), files: directoryFiles(directory.path),
		clock: systemClock, log: {debug: write, info: write, warn: write, error: write}, ...options,
	});
	t.teardown(async () => {
		await listener[Symbol.asyncDispose]();
		await mdp[Symbol.asyncDispose]();
		await directory[Symbol.asyncDispose]();
	});
	return {
		listener, mdp, directory: directory.path, lines,
		async serve(worker) {
			const running = createWorker({address: mdp.address, ...worker});
			t.teardown(async () => running[Symbol.asyncDispose]());
			await eventually(() => mdp.load.services.includes(worker.service));
		},
	};
}
