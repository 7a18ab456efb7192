import {z} from 'zod';
import {askSocket} from './ask-socket.js';

/** A container that runs, as its engine lists it. */
export interface Glimpse {
	readonly id: string;
	readonly service: string;
	/** `<service>/<image>/<slot>` */
	readonly slot: string;
}

const Listed = z.array(z.object({Id: z.string(), Labels: z.record(z.string(), z.string())}));
const filters = encodeURIComponent(JSON.stringify({label: ['motey.io/service'], status: ['running']}));

/** What an engine says that it runs now for Motey, in order; undefined when it cannot be asked. */
export async function glance({dockerUrl, signal}: {readonly dockerUrl: string; readonly signal: AbortSignal}): Promise<readonly Glimpse[] | undefined> {
	try {
		const {text} = await askSocket({url: dockerUrl, path: `/containers/json?filters=${filters}`, signal});
		return Listed.parse(JSON.parse(text)).map(({Id: id, Labels: labels}) => {
			const service = labels['motey.io/service'] ?? '';
			return {id, service, slot: [service, labels['motey.io/image'], labels['motey.io/slot']].join('/')};
		}).toSorted((one, other) => one.slot.localeCompare(other.slot) || one.id.localeCompare(other.id));
	} catch (error) {
		signal.throwIfAborted();
		if (error instanceof z.ZodError) throw error;
		return undefined;
	}
}
