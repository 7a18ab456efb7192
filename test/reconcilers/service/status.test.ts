import test from 'ava';
import {templateOf} from '../../../store/resources/image.js';
import type {Instance, InstanceStatus} from '../../../store/resources/instance.js';
import type {ServiceStatus} from '../../../store/resources/service.js';
import {statusOf} from '../../../reconcilers/service/status.js';
import {fleetOf} from '../support/fleet-of.js';
import {entry, service} from '../support/objects.js';

const instance = (slot: number, status: Partial<InstanceStatus>): Instance => ({
	apiVersion: 'motey.io/v1', kind: 'Instance',
	metadata: {name: `s-app-${slot}`, namespace: 'default', uid: `u${slot}`, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z'},
	spec: {service: 's', image: templateOf(entry(), 'memory'), slot, binding: 1, nodeName: 'here', specHash: 'h', fence: 1},
	status: {phase: 'Running', reason: '', message: '', ready: true, restarts: 0, conditions: [], ...status},
});
const statusWith = (...instances: readonly Instance[]): ServiceStatus => statusOf({
	service: service('s', {replicas: 2, images: [entry()]}), instances, fleet: fleetOf(),
	plan: {actions: [], images: [{name: 'app', slots: new Set([0, 1]), rollout: {kind: 'complete'}}], unplaced: [], waiting: [], staying: [], turns: new Map(), fence: 2}, now: '2026-01-01T00:00:00Z',
});

test('the message of a Service that is Running is empty, also while one of it is not ready: the condition says why', t => {
	const status = statusWith(instance(0, {}), instance(1, {ready: false, reason: 'HealthCheckStarting', message: 'its first health check has not passed yet'}));
	t.like(status, {phase: 'Running', message: '', readyReplicas: 1});
	t.like(status.conditions.find(one => one.type === 'Ready'), {status: 'False', reason: 'HealthCheckStarting', message: '1/2 ready: s-app-1: its first health check has not passed yet'});
});

test('the message of one that is not Running names the Instance that keeps it from it', t => {
	const status = statusWith(instance(0, {}), instance(1, {phase: 'Failed', ready: false, reason: 'CrashLoopBackOff', message: 'ended with exit code 3'}));
	t.like(status, {phase: 'Failed', message: 's-app-1: ended with exit code 3'});
});
