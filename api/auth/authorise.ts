import type {Role} from '../../store/resources/token.js';

/** Paths that answer anybody, with no more than ok or not ok. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/livez', '/readyz']);

/** Reading changes nothing; everything else does. */
export function isReading(method: string): boolean {
	return method === 'GET' || method === 'HEAD';
}

/**
 * Whether a role may send a request: `admin` everything, `view` what only reads. Opening a shell in an instance reads nothing, though it is a GET.
 * Routes that show secrets ask for `admin` themselves.
 */
export function authorise(request: {readonly role: Role; readonly method: string; readonly path: string}): {readonly kind: 'allowed'} | {readonly kind: 'forbidden'; readonly message: string} {
	const {role, method, path} = request;
	if (role === 'admin' || (isReading(method) && !/\/(?:exec|attach|portforward)\/?$/iu.test(path))) return {kind: 'allowed'};
	return {kind: 'forbidden', message: `role ${role} may not ${method} ${path}: it only reads`};
}
