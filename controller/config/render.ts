import {stringify} from 'yaml';
import {flatten, nest, sourceOf, type Setting} from './layers.js';
import type {LoadedConfig} from './load.js';
import type {Config} from './schema.js';

/** A configuration as a person reads it: a line per key, with where its value came from. Secrets are masked. */
export function renderConfig({config, settings, file}: LoadedConfig): string {
	const lines = flatten(withoutSecrets(config), '').map(({key, value}) => {
		const text = stringify(value, {collectionStyle: 'flow', lineWidth: 0}).trim();
		return `${`${key}: ${text}`.padEnd(56)} # ${sourceOf(settings, key)}`;
	});
	return `# file: ${file}\n${lines.join('\n')}\n`;
}

/** The same configuration, in which every secret is `***`. */
export function withoutSecrets(config: Config): Config {
	return config.mqtt.password === undefined ? config : {...config, mqtt: {...config.mqtt, password: '***'}};
}

/** What a file says and nothing else, as `motey.yaml`. Secrets are among it. */
export function renderYaml({settings, file}: Pick<LoadedConfig, 'settings' | 'file'>): string {
	return stringify(nest(settings.filter(({source}) => source === file)));
}

/** The same settings, in which every secret is `***`. */
export function maskSecrets(settings: readonly Setting[]): readonly Setting[] {
	return settings.map(setting => (setting.key === 'mqtt.password' ? {...setting, value: '***'} : setting));
}
