import {apiVersionOf, type ServedResource, type Subresource} from './resources-table.js';

/** The resources of one group and version. */
export interface ServedGroup {
	readonly group: string;
	readonly version: string;
	readonly resources: readonly ServedResource[];
}

/** The table by group, in its order. Each group has one version. */
export function groupsOf(resources: readonly ServedResource[]): readonly ServedGroup[] {
	const firsts = resources.filter(({group}, index) => resources.findIndex(one => one.group === group) === index);
	return firsts.map(({group, version}) => ({group, version, resources: resources.filter(one => one.group === group)}));
}

/** What a client is told that asks for everything at once (kubectl 1.28 and newer). */
export function aggregatedDiscovery(groups: readonly ServedGroup[], apiVersion: 'v2' | 'v2beta1'): unknown {
	return {
		kind: 'APIGroupDiscoveryList',
		apiVersion: `apidiscovery.k8s.io/${apiVersion}`,
		metadata: {},
		items: groups.map(({group, version, resources}) => ({
			metadata: group === '' ? {creationTimestamp: null} : {name: group, creationTimestamp: null},
			versions: [{version, freshness: 'Current', resources: resources.map(aggregatedResource)}],
		})),
	};
}

/** `APIVersions` of `/api`. */
export const coreVersions = {kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: []} as const;

/** `APIGroupList` of `/apis`. */
export function groupList(groups: readonly ServedGroup[]): unknown {
	return {kind: 'APIGroupList', apiVersion: 'v1', groups: groups.filter(({group}) => group !== '').map(groupBody)};
}

/** `APIGroup` of `/apis/GROUP`. */
export function apiGroup(group: ServedGroup): unknown {
	return {kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group)};
}

/** `APIResourceList` of `/api/v1` and `/apis/GROUP/VERSION`. */
export function resourceList(group: ServedGroup): unknown {
	return {kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersionOf(group), resources: group.resources.flatMap(legacyResources)};
}

/** `/version`. Clients read the Kubernetes version whose API this speaks; ours stands behind it. */
export function versionInfo({version, platform}: {readonly version: string; readonly platform: string}): unknown {
	return {
		major: '1', minor: '34', gitVersion: `v1.34.0-motey.${version}`, gitCommit: '', gitTreeState: 'clean', buildDate: '1970-01-01T00:00:00Z',
		goVersion: '', compiler: '', platform,
	};
}

function groupBody({group, version}: ServedGroup): {name: string; versions: unknown[]; preferredVersion: unknown} {
	const one = {groupVersion: `${group}/${version}`, version};
	return {name: group, versions: [one], preferredVersion: one};
}

function aggregatedResource(resource: ServedResource): unknown {
	const {group, version, kind, plural, singular, namespaced, verbs, shortNames, categories, subresources} = resource;
	return {
		resource: plural,
		responseKind: {group, version, kind},
		scope: namespaced ? 'Namespaced' : 'Cluster',
		singularResource: singular,
		verbs,
		...(shortNames.length > 0 ? {shortNames} : {}),
		...(categories.length > 0 ? {categories} : {}),
		...(subresources.length > 0 ? {subresources: subresources.map(aggregatedSubresource)} : {}),
	};
}

function aggregatedSubresource({name, group, version, kind, verbs}: Subresource): unknown {
	return {subresource: name, responseKind: {group, version, kind}, verbs};
}

function legacyResources({plural, singular, namespaced, kind, verbs, shortNames, categories, subresources}: ServedResource): readonly unknown[] {
	return [
		{
			name: plural, singularName: singular, namespaced, kind, verbs,
			...(shortNames.length > 0 ? {shortNames} : {}),
			...(categories.length > 0 ? {categories} : {}),
		},
		...subresources.map(({name, group, version, kind: subKind, verbs: subVerbs}) => ({
			name: `${plural}/${name}`, singularName: '', namespaced, group, version, kind: subKind, verbs: subVerbs,
		})),
	];
}
