import {CallRefused, type CallAnswer, type Calls} from '../../../api/ports/calls.js';
import {builtin, type Builtin} from '../../peers/mdp/builtins.js';
import {CallError} from '../../peers/mdp/call-error.js';
import {createExternalEngine, type ExternalEngine} from './engine.js';
import {EngineEvent} from './wire.js';

/** The engines that programs outside may bring, and what joins them to the node's requests. */
export interface ExternalEngines {
	/** One for each allowed name, whether its program is there or not. */
	readonly engines: readonly ExternalEngine[];
	/** False for the name of one whose program is not there now. */
	readonly isHere: (name: string) => boolean;
	/** `engine.event`, by which programs say that something changed. */
	readonly builtins: readonly Builtin[];
	/** Told the names that outside workers serve, whenever they become others. */
	readonly onNames: (names: readonly string[]) => void;
	/** From now on `calls` asks; before, every engine is unattached. */
	readonly serve: (calls: Calls) => void;
}

/** Makes the engines that the node's own file allows by name. */
export function createExternalEngines({allow, nodeName}: {readonly allow: readonly string[]; readonly nodeName: string}): ExternalEngines {
	let serving: Calls | undefined;
	const calls: Calls = {ask: request => serving?.ask(request) ?? unserved()};
	const engines = allow.map(name => createExternalEngine({name, nodeName, calls}));
	return {
		engines,
		isHere: name => engines.find(engine => engine.name === name)?.isAttached !== false,
		builtins: [builtin({
			service: 'val', action: 'engine.event', summary: 'say that what an engine outside runs has changed', schema: EngineEvent,
			handle: async (event, {caller}) => {
				const engine = engines.find(({name}) => name === event.engine);
				if (caller.kind !== 'local') throw new CallError('Forbidden', 'only programs of this host bring engines');
				if (engine === undefined) throw new CallError('NotFound', `this node takes no engine ${event.engine}`, {fix: `Its administrator can allow it in motey.yaml: engines: {external: {allow: [${event.engine}]}}`});
				engine.hear(event);
				return Promise.resolve({});
			},
		})],
		onNames: names => {
			for (const engine of engines) engine.attach(names.includes(`val.${engine.name}`));
		},
		serve: given => (serving = given),
	};
}

async function* unserved(): AsyncGenerator<CallAnswer, void, undefined> {
	await Promise.resolve();
	throw new CallRefused('Unavailable', 'this node does not serve programs yet');
}
