import {execFile} from 'node:child_process';
import {promisify} from 'node:util';
import {z} from 'zod';

/** What began or ended, by the engine's own word and clock. */
export interface ContainerEvent {
	readonly atMs: number;
	readonly what: 'start' | 'die';
	readonly id: string;
	readonly nodeId: string;
}

const Told = z.object({Action: z.string(), timeNano: z.number(), Actor: z.object({ID: z.string(), Attributes: z.record(z.string(), z.string())})});
const deadlineMs = 30_000;

/** Every begin and end of a container of `service` since then, as the engine tells it afterwards, in order. */
export async function engineHistory({dockerUrl, service, since}: {readonly dockerUrl: string; readonly service: string; readonly since: Date}): Promise<readonly ContainerEvent[]> {
	const seconds = (date: Date): string => (date.getTime() / 1000).toFixed(3);
	const {stdout} = await promisify(execFile)('docker', [
		'-H', dockerUrl, 'events', '--since', seconds(since), '--until', seconds(new Date()), '--format', '{{json .}}',
		'--filter', 'type=container', '--filter', 'event=start', '--filter', 'event=die', '--filter', `label=motey.io/service=${service}`,
	], {timeout: deadlineMs});
	return stdout.split('\n').filter(line => line !== '').map((line): ContainerEvent => {
		const {Action: action, timeNano, Actor: {ID: id, Attributes: attributes}} = Told.parse(JSON.parse(line));
		return {atMs: timeNano / 1e6, what: action === 'start' ? 'start' : 'die', id, nodeId: attributes['motey.io/node'] ?? ''};
	}).toSorted((one, other) => one.atMs - other.atMs);
}
