import type {Refusal} from '../../../../store/resources/refusal.js';
import type {ContainerBody} from '../container-body.js';
import {rules, type RuleContext} from './rules.js';

/** What the node's policy refuses of `body`, the very one that would be created. Empty means it may run. */
export function reviewBody(body: ContainerBody, {nodeName, ...context}: RuleContext & {readonly nodeName: string}): readonly Refusal[] {
	const host = body.HostConfig ?? {};
	return rules.flatMap(rule => rule({body, host}, context)).map(({field, rule, message, line}) => ({
		kind: 'forbidden',
		field,
		rule,
		message: `the policy of node ${nodeName} forbids it: ${message}`,
		fix: line === undefined ? 'leave it out; no setting permits it' : `leave it out, or let ${nodeName} permit it: under policy: in its motey.yaml add ${line}`,
	}));
}
