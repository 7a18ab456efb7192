import {destination, pino} from 'pino';
import type {Log} from '../reconcilers/ports/log.js';

/** A log in JSON lines, one object a line, on standard output or in `file`. Error objects in fields are written with code and cause. */
export function createLogger({level, file, node}: {level: string; file: string | undefined; node: string}): Log {
	const logger = pino(
		{level, base: {node}, timestamp: pino.stdTimeFunctions.isoTime, serializers: {error: pino.stdSerializers.errWithCause}},
		destination({dest: file ?? 1, sync: false, mkdir: true}),
	);
	const write = (at: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
		logger[at](fields, message);
	};
	return {debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error')};
}
