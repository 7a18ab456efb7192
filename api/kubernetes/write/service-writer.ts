import {isDeepStrictEqual} from 'node:util';
import type {ServiceDocument} from '../../../store/resources/blueprint.js';
import type {Service} from '../../../store/resources/service.js';
import type {ServiceWriter} from '../../motey/service-writer.js';
import {conflict, notFound} from '../../status.js';
import type {WriteContext} from './context.js';
import {newObject} from './create.js';
import {decode} from './decode.js';
import type {KindRules} from './kind-rules.js';
import {markDeleted} from './remove.js';
import {updatedObject} from './update.js';

const namespace = 'default';

/** Writes Services for routes of another form, by the same rules. */
export function createServiceWriter(rules: KindRules<'Service'>, context: WriteContext): ServiceWriter {
	return {
		async replace(document: ServiceDocument) {
			const {value} = decode(rules.schema, {value: document, duplicates: []}, {resource: rules.resource, validation: 'Strict'});
			const name = document.metadata.name;
			return context.store.transact(transaction => {
				const live = transaction.get('Service', {namespace, name});
				if (!live) return {outcome: 'created' as const, service: transaction.put(newObject(rules, value, {namespace, transaction, context}))};
				if (live.metadata.deletionTimestamp !== undefined) throw conflict(rules.resource, name, 'it is being deleted; try again when it is gone');
				const next = updatedObject(rules, value, {live, transaction});
				return isDeepStrictEqual(live, next) ? {outcome: 'unchanged' as const, service: live} : {outcome: 'changed' as const, service: transaction.put(next)};
			});
		},
		async remove({metadata}: Service) {
			await context.store.transact(transaction => {
				const live = transaction.get('Service', {namespace: metadata.namespace ?? namespace, name: metadata.name});
				if (!live) throw notFound(rules.resource, metadata.name);
				markDeleted(rules, live, {transaction, now: context.now(), removal: {isDryRun: false, foreground: false, uid: metadata.uid, resourceVersion: undefined}});
			});
		},
	};
}
