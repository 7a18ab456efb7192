import {textAt} from '../client/value.js';
import {ageText} from '../kubernetes/age.js';

/** Headings of a list of events. */
export const eventHeadings = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'] as const;

/** Events as rows, the latest last. */
export function eventRows(events: readonly unknown[], now: Date): readonly (readonly string[])[] {
	return [...events]
		.sort((one, other) => (textAt(one, 'lastTimestamp') < textAt(other, 'lastTimestamp') ? -1 : 1))
		.map(event => eventRow(event, now));
}

/** One event as a row. */
export function eventRow(event: unknown, now: Date): readonly string[] {
	const count = Number(textAt(event, 'count') || 1);
	const age = ageText(new Date(textAt(event, 'lastTimestamp')), now);
	return [
		count > 1 ? `${age} (x${count})` : age,
		textAt(event, 'type'), textAt(event, 'reason'), `${textAt(event, 'involvedObject', 'kind').toLowerCase()}/${textAt(event, 'involvedObject', 'name')}`, textAt(event, 'message'),
	];
}

/** True for an event about this very object. */
export function isAbout(event: unknown, object: unknown): boolean {
	return textAt(event, 'involvedObject', 'uid') === textAt(object, 'metadata', 'uid');
}
