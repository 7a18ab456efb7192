import type {Response} from 'express';
import {z} from 'zod';
import {Role} from '../../store/resources/token.js';

/** Who sent a request: the name of their token, and what it allows. */
export const Identity = z.strictObject({name: z.string(), role: Role}).readonly();
export type Identity = z.infer<typeof Identity>;

/** Notes who sent the request that `response` answers. */
export function setIdentity(response: Response, identity: Identity): void {
	response.locals['identity'] = identity;
}

/** Who sent the request that `response` answers; undefined when nobody proved anything (the open paths). */
export function identityOf(response: Response): Identity | undefined {
	return Identity.safeParse(response.locals['identity']).data;
}
