import type {Command} from 'commander';
import {at, listAt, numberAt, textAt} from '../../client/value.js';
import {clientVerb, connect, timeoutOption, type NodeOptions} from '../client-verb.js';
import {CliError, exitCodes} from '../exit-codes.js';
import {print} from '../io.js';
import {fullName, kindNamed, namesOfArguments} from '../kinds.js';
import {until} from '../until.js';
import type {CliContext} from '../verb.js';

interface Options extends NodeOptions {
	readonly for: string;
	readonly selector?: string;
	readonly timeout: number;
}

interface Wish {
	readonly what: string;
	readonly holds: (object: unknown) => boolean;
}

/** `motey wait`. */
export function build({io}: CliContext): Command {
	return clientVerb('wait', {
		summary: 'wait until something is so',
		examples: [
			'motey wait --for=condition=Ready service/shop', 'motey wait --for=delete instance/shop-web-1 --timeout 30s',
			'motey wait --for=jsonpath={.status.phase}=Running instances -l motey.io/service=shop',
		],
	})
		.argument('<words...>', 'KIND/NAME…, KIND NAME…, or KIND with -l')
		.requiredOption('--for <wish>', 'condition=TYPE[=STATUS], delete, or jsonpath={.path}[=VALUE]')
		.option('-l, --selector <labels>', 'everything of KIND that has these labels')
		.addOption(timeoutOption('how long', '30s'))
		.action(async (words: readonly string[], options: Options) => {
			const wish = parseWish(options.for);
			const {client, namespace} = await connect(options, io);
			const named = await namesOfArguments(words);
			const targets = named.length > 0 ? named : await (async () => {
				const kind = await kindNamed(words[0] ?? '');
				const {items} = await client.list(kind, {namespace, signal: io.signal, ...(options.selector === undefined ? {} : {labelSelector: options.selector})});
				return items.map(item => ({kind, name: item.metadata.name}));
			})();
			if (targets.length === 0) throw new CliError('there is nothing to wait for', {exitCode: exitCodes.notFound, fix: 'Name it as KIND/NAME, or look with `motey get` what there is.'});
			await Promise.all(targets.map(async ({kind, name}) => {
				const place = kind.namespaced ? {namespace, name} : {name};
				// Only a deletion may be waited for on what does not exist.
				if (options.for !== 'delete') await client.get(kind, place, {signal: io.signal});
				await until({client, kind, name: place, signal: io.signal, timeoutMs: options.timeout, what: `${wish.what} of ${fullName(kind, name)}`, holds: wish.holds});
				if (!io.signal.aborted) print(io, `${fullName(kind, name)} ${options.for === 'delete' ? 'deleted' : 'condition met'}`);
			}));
		});
}

function parseWish(text: string): Wish {
	if (text === 'delete') return {what: 'the end', holds: object => object === undefined};
	const [, type, status = 'True'] = /^condition=([^=]+)(?:=(.+))?$/u.exec(text) ?? [];
	if (type !== undefined) return {what: `condition ${type}=${status}`, holds: object => hasCondition(object, type, status)};
	const [, path, value] = /^jsonpath='?\{?\.?([^}=]+)\}?'?(?:=(.*))?$/u.exec(text) ?? [];
	if (path !== undefined) return {what: `.${path}${value === undefined ? '' : `=${value}`}`, holds: object => holdsAt(object, path, value)};
	throw new CliError(`"${text}" is nothing to wait for`, {exitCode: exitCodes.usage, fix: 'Write --for=condition=Ready, --for=delete or --for=jsonpath={.status.phase}=Running'});
}

/** A condition of an older generation says nothing of the present one. */
function hasCondition(object: unknown, type: string, status: string): boolean {
	const generation = numberAt(object, 'metadata', 'generation') ?? 0;
	return listAt(object, 'status', 'conditions').some(condition => textAt(condition, 'type').toLowerCase() === type.toLowerCase()
		&& textAt(condition, 'status').toLowerCase() === status.toLowerCase() && (numberAt(condition, 'observedGeneration') ?? generation) >= generation);
}

function holdsAt(object: unknown, path: string, value: string | undefined): boolean {
	const keys = [...path.matchAll(/\[(\d+)\]|\['([^']+)'\]|([^.[\]]+)/gu)].map(([, index, quoted, key]) => (index === undefined ? quoted ?? key ?? '' : Number(index)));
	const found = at(object, ...keys);
	return value === undefined ? found !== undefined : found !== undefined && (typeof found === 'object' ? JSON.stringify(found) : textAt(object, ...keys)) === value;
}
