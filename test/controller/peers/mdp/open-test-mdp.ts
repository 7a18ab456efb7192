import {systemClock} from '../../../../controller/clock.js';
import type {Builtin} from '../../../../controller/peers/mdp/builtins.js';
import {CallError} from '../../../../controller/peers/mdp/call-error.js';
import type {Forward} from '../../../../controller/peers/mdp/dispatch.js';
import {openMdp, type Mdp} from '../../../../controller/peers/mdp/open.js';
import type {Log} from '../../../../reconcilers/ports/log.js';
import {makeTempDirectory} from '../../../support/temp-directory.js';

const ids: Readonly<Record<string, string>> = {attic: 'id-attic', 'id-attic': 'id-attic', cellar: 'id-cellar'};
const silent: Log = {debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined};

/** The requests of a node named attic that knows a node named cellar, in a directory of its own. */
export async function openTestMdp({builtins = [], forward = noCellar, directory}: {readonly builtins?: readonly Builtin[]; readonly forward?: Forward; readonly directory?: string} = {}): Promise<Mdp> {
	const own = directory === undefined ? await makeTempDirectory('mdp-') : undefined;
	const mdp = await openMdp({
		runDir: directory ?? own!.path, nodes: {selfId: 'id-attic', idOf: word => ids[word]}, builtins, forward, log: silent, clock: systemClock,
	});
	return {
		path: mdp.path, address: mdp.address, serve: mdp.serve, calls: mdp.calls,
		get load() {
			return mdp.load;
		},
		async [Symbol.asyncDispose]() {
			await mdp[Symbol.asyncDispose]();
			await own?.[Symbol.asyncDispose]();
		},
	};
}

async function * noCellar(): AsyncGenerator<never> {
	await Promise.resolve();
	throw new CallError('Unavailable', 'cellar is away');
}
