import {access, readFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Endpoint} from '../client/transport.js';
import {NoNodeAnswers} from '../client/errors.js';
import {textAt} from '../client/value.js';
import type {CliEnvironment} from './args.js';
import {readContexts, type NodeContext} from './context.js';
import {CliError, exitCodes} from './exit-codes.js';

/** What a user may say about the node on the command line. */
export interface EndpointOptions {
	readonly server?: string;
	readonly token?: string;
	readonly context?: string;
	readonly certificateAuthority?: string;
}

/** Where to go, and the namespace meant when none is said. */
export interface Destination {
	readonly endpoint: Endpoint;
	readonly namespace: string;
}

/** Finds the node: --server, MOTEY_SERVER, --context or the current context, then the socket of a node on this machine. */
export async function findNode(options: EndpointOptions, environment: CliEnvironment): Promise<Destination> {
	const {contexts, currentContext} = await readContexts(environment.contextFile);
	const ca = options.certificateAuthority === undefined ? undefined : await readFile(options.certificateAuthority, 'utf8').catch((error: unknown) => {
		throw new CliError(`cannot read ${options.certificateAuthority ?? ''}: ${textAt(error, 'code')}`, {exitCode: exitCodes.usage});
	});
	const said = {token: options.token ?? environment.token, ca};
	const server = options.server ?? (options.context === undefined ? environment.server : undefined);
	// A token is only sent to the server it was given for.
	if (server !== undefined) return destination({name: '', server}, contexts.find(context => context.server === server), said);
	const named = options.context ?? currentContext;
	const context = contexts.find(one => one.name === named);
	if (context) return destination(context, context, said);
	if (options.context !== undefined) throw new CliError(`there is no context "${options.context}" in ${environment.contextFile}`, {exitCode: exitCodes.usage, fix: contexts.length === 0 ? 'It has none yet: `motey start` writes one.' : `There are: ${contexts.map(one => one.name).join(', ')}.`});
	return destination(await localNode(environment), undefined, said);
}

function destination(context: NodeContext, known: NodeContext | undefined, said: {readonly token: string | undefined; readonly ca: string | undefined}): Destination {
	const token = said.token ?? known?.token ?? context.token;
	if (token !== undefined && !/^[\x21-\x7E]+$/u.test(token)) throw new CliError('the token holds a blank, a line break or a letter that no token has', {exitCode: exitCodes.usage, fix: 'Copy it again: a token is one word.'});
	const ca = said.ca ?? known?.ca;
	return {
		endpoint: {server: context.server, ...(token === undefined ? {} : {token}), ...(ca === undefined ? {} : {ca})},
		namespace: known?.namespace ?? 'default',
	};
}

async function localNode({runDir}: CliEnvironment): Promise<NodeContext> {
	const socket = join(runDir, 'motey.sock');
	const state = await readFile(join(runDir, 'motey.json'), 'utf8').then((text): unknown => JSON.parse(text)).catch(() => undefined);
	const path = textAt(state, 'socket') || socket;
	try {
		await access(path);
	} catch (error) {
		if (textAt(error, 'code') !== 'EACCES') {
			throw new NoNodeAnswers(`no node runs here: there is no socket ${path}`, {fix: '`motey start` starts one; --server or MOTEY_SERVER names another.', cause: error});
		}
	}
	const dataDir = textAt(state, 'dataDir');
	const token = dataDir === '' ? undefined : await readFile(join(dataDir, 'admin.token'), 'utf8').catch(() => undefined);
	return {name: 'local', server: `unix://${path}`, ...(token === undefined ? {} : {token: token.trim()})};
}
