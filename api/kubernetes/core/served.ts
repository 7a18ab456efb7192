import {servedResources, type ServedResource} from '../resources-table.js';

/** The row of the table for a kind of a group. Throws when there is none, which is a bug. */
export function servedResource(group: string, plural: string): ServedResource {
	const found = servedResources.find(one => one.group === group && one.plural === plural);
	if (!found) throw new Error(`no resource ${plural} is served in group "${group}"`);
	return found;
}
