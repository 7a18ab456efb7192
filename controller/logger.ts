import {destination, pino} from 'pino';
import type {Log} from '../reconcilers/ports/log.js';

/** Lines that wait for a disk that takes none; what comes beyond is dropped. */
const waitingBytes = 1024 * 1024;

/**
 * A log in JSON lines, one object a line, on standard output or in `file`. Error objects in fields are written with code and cause.
 * A full disk or a closed pipe harms nobody: what cannot be written waits, as far as it is little, and is written when there is room.
 */
export function createLogger({level, file, node}: {level: string; file: string | undefined; node: string}): Log {
	const logger = pino(
		{level, base: {node}, timestamp: pino.stdTimeFunctions.isoTime, serializers: {error: pino.stdSerializers.errWithCause}},
		openSink(file ?? 1),
	);
	const write = (at: 'debug' | 'info' | 'warn' | 'error') => (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
		logger[at](fields, message);
	};
	return {debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error')};
}

function openSink(dest: string | number): ReturnType<typeof destination> {
	const sink = destination({dest, sync: false, mkdir: true, maxLength: waitingBytes});
	sink.on('error', () => {
		// It tries for ever to write what is left when the process ends, and would keep the process from ending.
		sink.flushSync = () => undefined;
	});
	// A sink that drops does not try to write; only a try shows that there is room again.
	sink.on('drop', () => sink.flush());
	return sink;
}
