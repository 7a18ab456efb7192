/** A configuration that cannot be used. The message names the key, where it came from, and what to do. */
export class ConfigError extends Error {
	override readonly name = 'ConfigError';
	readonly code = 'ConfigInvalid';
}
