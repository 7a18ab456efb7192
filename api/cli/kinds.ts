import {servedResources, type ServedResource} from '../kubernetes/resources-table.js';
import {CliError, exitCodes} from './exit-codes.js';

// Motey's own nodes come before core's, which show the same to Kubernetes' clients; events are core's.
const resources = [...servedResources.filter(one => one.group === 'motey.io'), ...servedResources.filter(one => one.group === '' && ['events', 'namespaces'].includes(one.plural))];

/** The kind a user names: plural, singular, short name or kind, in any case, also as `services.motey.io`. Throws `CliError` naming the nearest. */
export async function kindNamed(word: string): Promise<ServedResource> {
	const found = resources.find(one => namesOf(one).includes(word.toLowerCase()));
	if (found) return found;
	const {nearest} = await import('../../store/resources/nearest.js');
	const suggestion = nearest(word, resources.flatMap(one => [one.plural, one.singular]));
	throw new CliError(`there is no kind "${word}"`, {
		exitCode: exitCodes.usage, fix: suggestion === undefined ? `There are: ${resources.map(one => one.plural).join(', ')}. A service of this name is service/${word}.` : `Did you mean ${suggestion}?`,
	});
}

/** The kinds a word stands for: several for `all` and for `services,instances`. */
export async function kindsNamed(words: string): Promise<readonly ServedResource[]> {
	if (words === 'all') return resources.filter(one => one.categories.includes('all') && one.namespaced);
	return Promise.all(words.split(',').map(kindNamed));
}

/** The served kind of a document's `apiVersion` and `kind`, or undefined. */
export function kindOf(apiVersion: string, kind: string): ServedResource | undefined {
	return servedResources.find(one => one.kind === kind && (one.group === '' ? one.version : `${one.group}/${one.version}`) === apiVersion);
}

/** `service.motey.io/shop`, as every line of output names an object. */
export function fullName({singular, group}: ServedResource, name: string): string {
	return `${singular}${group === '' ? '' : `.${group}`}/${name}`;
}

/** Takes `KIND NAME…`, `KIND/NAME…` apart. */
export async function namesOfArguments(words: readonly string[]): Promise<readonly {readonly kind: ServedResource; readonly name: string}[]> {
	if (words[0]?.includes('/') === true) {
		return Promise.all(words.map(async word => {
			const [kind = '', name = '', ...rest] = word.split('/');
			if (name === '' || rest.length > 0) throw new CliError(`"${word}" is no KIND/NAME`, {exitCode: exitCodes.usage, fix: 'For example: service/shop'});
			return {kind: await kindNamed(kind), name};
		}));
	}
	const [kind = '', ...names] = words;
	const served = await kindNamed(kind);
	return names.map(name => ({kind: served, name}));
}

function namesOf({plural, singular, kind, shortNames, group}: ServedResource): readonly string[] {
	const names = [plural, singular, kind.toLowerCase(), ...shortNames];
	return group === '' ? names : [...names, ...names.map(name => `${name}.${group}`)];
}
