import {closest} from 'fastest-levenshtein';
import {HttpLimits} from '../api/limits/limits.js';
import {ApiLimits} from '../api/ports/limits.js';
import {defaultLimits, type StoreLimits} from '../store/level/limits.js';
import {defaultArchiveLimits} from './images/archive/archive-limits.js';
import {ConfigError} from './config/errors.js';
import type {Config} from './config/schema.js';
import {TransferLimits} from './peers/transfer/limits.js';

/** The greatest archive of an image that this node takes from others. */
export const imageLimits = {imageBytes: defaultArchiveLimits.bytes};

/** The limits of every part, by the names under `limits` in the configuration. An unknown name is a `ConfigError` that names the nearest. */
export function limitsOf(config: Pick<Config, 'limits'>): {readonly http: HttpLimits; readonly api: ApiLimits; readonly store: StoreLimits; readonly transfers: TransferLimits; readonly images: typeof imageLimits} {
	const http = HttpLimits.parse({});
	const api = ApiLimits.parse({});
	const transfers = TransferLimits.unwrap().shape;
	const known = [http, api, defaultLimits, transfers, imageLimits].flatMap(of => Object.keys(of));
	const unknown = Object.keys(config.limits).find(name => !known.includes(name));
	if (unknown !== undefined) throw new ConfigError(`limits.${unknown}: unknown limit; did you mean limits.${closest(unknown, known)}?`);
	const chosen = (of: object): Record<string, number> => Object.fromEntries(Object.entries(config.limits).filter(([name]) => name in of));
	return {http: HttpLimits.parse(chosen(http)), api: ApiLimits.parse(chosen(api)), store: {...defaultLimits, ...chosen(defaultLimits)}, transfers: TransferLimits.parse(chosen(transfers)), images: {...imageLimits, ...chosen(imageLimits)}};
}
