import type {Bundles, ImageArchives} from '../../../api/ports/bundles.js';
import {CallRefused, type Calls} from '../../../api/ports/calls.js';
import {ClusterError, type Cluster} from '../../../api/ports/cluster.js';
import type {Commands} from '../../../api/ports/commands.js';
import type {Explanations} from '../../../api/ports/explanations.js';
import type {Files} from '../../../api/ports/files.js';
import type {Switching} from '../../../api/ports/switching.js';
import {FleetError, type Fleet} from '../../../api/ports/fleet.js';

const refuse = async (): Promise<never> => Promise.reject(new ClusterError('Conflict', 'this node is in no cluster'));

/** What the API of a node in no cluster has around it. */
export const alone: {readonly calls: Calls; readonly files: Files; readonly cluster: Cluster; readonly fleet: Fleet; readonly explanations: Explanations; readonly commands: Commands; readonly switching: Switching; readonly bundles: Bundles; readonly archives: ImageArchives} = {
	switching: {change: () => Promise.reject(new Error('nothing is switched here'))},
	bundles: {sign: () => ({key: '', signature: ''}), keys: () => [], trust: async () => Promise.resolve({told: [], missed: []}), distrust: async () => Promise.resolve(undefined)},
	archives: {
		read() {
			throw new CallRefused('NotFound', 'there are no images here');
		},
	},
	commands: {run: () => Promise.reject(new Error('nothing runs here'))},
	explanations: {why: () => undefined, rehearse: () => []},
	calls: {
		ask() {
			throw new CallRefused('NotFound', 'nothing is offered here');
		},
	},
	files: {
		send: async () => Promise.reject(new CallRefused('NotFound', 'there are no files here')),
		fetch() {
			throw new CallRefused('NotFound', 'there are no files here');
		},
	},
	cluster: {
		advertised: () => undefined, server: () => undefined, members: () => [], tokens: () => [], authority: () => '',
		init: refuse, issueToken: refuse, revokeToken: refuse, admit: refuse, join: refuse, forget: refuse, rotateKey: refuse,
	},
	fleet: {
		self: {id: 'a'.repeat(26), name: 'edge_01'}, members: () => [],
		forward: async () => Promise.reject(new FleetError('Unreachable', 'this node is in no cluster')),
		catchUp: async () => Promise.resolve(),
	},
};
