import type {Config} from './config/schema.js';

/** Every name and address under which clients reach this node, for its certificate. */
export function servedNames({name, api}: Pick<Config, 'name' | 'api'>): readonly string[] {
	const addresses = api.listen.filter(address => address !== '0.0.0.0' && address !== '::');
	return [...new Set(['localhost', '127.0.0.1', '::1', name, ...api.hosts, ...addresses])];
}
