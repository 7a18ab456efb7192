import type {Config} from '../config/schema.js';

/** Where what asks nobody who he is listens: beyond loopback only at the address that an administrator has named. */
export const openHosts = ({advertise}: Pick<Config, 'advertise'>): readonly string[] => [...new Set(['127.0.0.1', ...(advertise === undefined ? [] : [advertise])])];
