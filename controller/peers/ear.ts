import type {Context, Subscriber} from 'zeromq';
import type {CurveKeys} from './curve.js';
import {Heartbeat, heartbeatTopic} from './heartbeats.js';
import {createSubscriber, readEach} from './socket.js';
import {readJson} from './wire.js';

/** After a refusal, or when what answers does not speak its language, the library gives an address up; the member may be there later, or know this node later. */
const retryMs = 1000;

/** What listening to one peer needs and whom it tells. */
export interface EarOptions {
	readonly context: Context;
	readonly keys: CurveKeys;
	/** Z85; nobody else is listened to. */
	readonly curveKey: string;
	readonly onHeartbeat: (heartbeat: Heartbeat) => void;
	/** Whatever else it publishes under one of `topics`, by itself or after a heartbeat. */
	readonly topics: readonly string[];
	readonly onPublication: (frames: readonly Buffer[]) => void;
}

/** Listens to what one peer publishes at one endpoint, which it tries again at least each second while it is refused there or somebody else lives there, until it is disposed of. Never throws. */
export function listenAt(endpoint: string, {context, keys, curveKey, topics, onHeartbeat, onPublication}: EarOptions): Disposable {
	let socket: Subscriber | undefined;
	let retry: NodeJS.Timeout | undefined;
	let isOver = false;
	const again = (): void => {
		clearTimeout(retry);
		if (!isOver) retry = setTimeout(open, retryMs);
	};
	const open = (): void => {
		socket?.close();
		try {
			const opened = createSubscriber({context, keys, serverKey: curveKey, topics: [heartbeatTopic, ...topics]});
			socket = opened;
			const refused = (): void => {
				if (!opened.closed) again();
			};
			opened.events.on('handshake:error:auth', refused);
			opened.events.on('handshake:error:protocol', refused);
			opened.events.on('disconnect', refused);
			// Then the library tries again by itself.
			opened.events.on('connect:retry', () => clearTimeout(retry));
			opened.connect(endpoint);
			readEach(opened, frames => {
				const [frame, ...company] = frames;
				if (opened.closed) return;
				if (frame?.subarray(0, heartbeatTopic.length).toString() !== heartbeatTopic) {
					onPublication(frames);
					return;
				}
				const heartbeat = Heartbeat.safeParse(readJson(frame.subarray(heartbeatTopic.length))).data;
				if (heartbeat !== undefined) onHeartbeat(heartbeat);
				if (company.length > 0) onPublication(company);
			}).catch(refused);
		} catch {
			// No descriptor is left, for one; that passes.
			again();
		}
	};
	open();
	return {
		[Symbol.dispose]() {
			isOver = true;
			clearTimeout(retry);
			socket?.close();
		},
	};
}
