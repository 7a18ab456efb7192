/** Where the store tells an operator what it met: a constant message and fields. */
export interface StoreLog {
	info(message: string, fields?: Readonly<Record<string, unknown>>): void;
	warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
	error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Says nothing. */
export const silentLog: StoreLog = {info: () => undefined, warn: () => undefined, error: () => undefined};
