import {isDeepStrictEqual} from 'node:util';
import type {ServiceDocument} from '../../store/resources/blueprint.js';
import {problemSentence, problemsOf} from '../../store/resources/problems.js';
import {ServiceInput, type Service} from '../../store/resources/service.js';
import type {Store, Transaction} from '../../store/store.js';
import type {KindRules} from '../kubernetes/write/kind-rules.js';
import {newMetadata, updatedMetadata} from '../kubernetes/write/metadata.js';
import {badRequest, conflict, notFound} from '../status.js';
import type {ServiceWriter} from './service-writer.js';

const namespace = 'default';

/** Writes Services by the rules that hold for every other client. */
export function writeServices({store, rules, now, randomUuid}: {
	readonly store: Store;
	readonly rules: KindRules<'Service'>;
	readonly now: () => Date;
	readonly randomUuid: () => string;
}): ServiceWriter {
	const created = (input: ServiceInput, name: string): Service => rules.build({
		metadata: newMetadata(input.metadata, {name, namespace, uid: randomUuid(), now: now(), systemFinalizers: rules.finalizers}), spec: input.spec, live: undefined,
	});
	const replaced = (input: ServiceInput, live: Service): Service => {
		if (live.metadata.deletionTimestamp !== undefined) throw conflict(rules.resource, live.metadata.name, 'it is being deleted; send it again when it is gone');
		return rules.build({metadata: updatedMetadata(live.metadata, input.metadata), spec: input.spec, live});
	};
	const put = (transaction: Transaction, document: ServiceDocument): {outcome: 'created' | 'changed' | 'unchanged'; service: Service} => {
		const input = parse(document);
		const {name} = document.metadata;
		const live = transaction.get('Service', {namespace, name});
		const next = live ? replaced(input, live) : created(input, name);
		rules.check(next, live, transaction);
		if (live && isDeepStrictEqual(live, next)) return {outcome: 'unchanged', service: live};
		return {outcome: live ? 'changed' : 'created', service: transaction.put(next)};
	};
	return {
		replace: async document => store.transact(transaction => put(transaction, document)),
		async remove({metadata: {name, namespace: of = namespace, uid}}) {
			await store.transact(transaction => {
				const live = transaction.get('Service', {namespace: of, name});
				if (live?.metadata.uid !== uid) throw notFound(rules.resource, name);
				const deletionTimestamp = live.metadata.deletionTimestamp ?? now().toISOString().replace(/\.\d+Z$/u, 'Z');
				transaction.put(rules.build({metadata: {...live.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0}, spec: live.spec, live}));
			});
		},
	};
}

type ServiceInput = ReturnType<typeof ServiceInput.parse>;

function parse(document: ServiceDocument): ServiceInput {
	const parsed = ServiceInput.safeParse(document, {reportInput: true});
	if (parsed.success) return parsed.data;
	throw badRequest(`the blueprint is not valid: ${problemsOf(parsed.error, {schema: ServiceInput, input: document}).map(problemSentence).join('; ')}`);
}
