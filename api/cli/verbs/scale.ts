import type {Command} from 'commander';
import {jsonPatch, type Client} from '../../client/client.js';
import {isRefused} from '../../client/errors.js';
import {listAt, numberAt, textAt} from '../../client/value.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {print} from '../io.js';
import {fullName, kindNamed} from '../kinds.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly wait?: boolean;
	readonly timeout: number;
}

interface Wish {
	readonly service: string;
	readonly image: string | undefined;
	readonly replicas: number;
}

/** `motey scale`. */
export function build({io}: CliContext): Command {
	return clientVerb('scale', {
		summary: 'set the number of replicas of a service, or of one of its images',
		examples: ['motey scale shop=3', 'motey scale shop/web=3', 'motey scale shop=0 blog=2 --wait'],
	})
		.argument('<wish...>', 'SERVICE=NUMBER or SERVICE/IMAGE=NUMBER')
		.option('--wait', 'until it is so')
		.addOption(timeoutOption('how long to wait', '5m'))
		.action(async (written: readonly string[], options: Options) => {
			const wishes = written.map(parseWish);
			const {client, namespace} = await connect(options, io);
			const kind = await kindNamed('services');
			for (const wish of wishes) {
				await scale(client, {wish, namespace, signal: io.signal});
				print(io, `${fullName(kind, wish.service)} scaled`);
			}
			if (options.wait !== true) return;
			const {waitForServices} = await import('../service-progress.js');
			await waitForServices([...new Set(wishes.map(wish => wish.service))].map(name => ({namespace, name})), {client, io, timeoutMs: options.timeout});
		});
}

function parseWish(text: string): Wish {
	const [, service = '', image, number = ''] = /^([^=/]+)(?:\/([^=/]+))?=(\d+)$/u.exec(text) ?? [];
	if (service === '') throw new CliError(`"${text}" is no SERVICE=NUMBER`, {exitCode: exitCodes.usage, fix: 'For example: motey scale shop=3, or motey scale shop/web=3'});
	return {service, image, replicas: Number(number)};
}

async function scale(client: Client, {wish, namespace, signal}: {readonly wish: Wish; readonly namespace: string; readonly signal: AbortSignal}): Promise<void> {
	const kind = await kindNamed('services');
	const name = {namespace, name: wish.service};
	if (wish.image === undefined) {
		await client.patch(kind, name, {spec: {replicas: wish.replicas}}, {signal});
		return;
	}
	for (let attempt = 1; ; attempt += 1) {
		const service = await client.get(kind, name, {signal});
		const images = listAt(service, 'spec', 'images').map(image => textAt(image, 'name'));
		const index = images.indexOf(wish.image);
		if (index === -1) throw new CliError(`${wish.service} has no image "${wish.image}"`, {exitCode: exitCodes.notFound, fix: `It has: ${images.join(', ')}.`});
		// A number for all would apply to no image once every image has its own.
		const alone = listAt(service, 'spec', 'images').every((image, at) => at === index || numberAt(image, 'replicas') !== undefined);
		const drop = alone && numberAt(service, 'spec', 'replicas') !== undefined ? [{op: 'remove', path: '/spec/replicas'}] : [];
		const patch = [{op: 'test', path: `/spec/images/${index}/name`, value: wish.image}, {op: 'add', path: `/spec/images/${index}/replicas`, value: wish.replicas}, ...drop];
		try {
			await client.patch(kind, name, patch, {signal, contentType: jsonPatch});
			return;
		} catch (error) {
			if (!isRefused(error, 'Conflict') || attempt === 5) throw error;
		}
	}
}
