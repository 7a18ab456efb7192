import test from 'ava';
import {volumeNameProblems, type VolumeNames} from '../../../api/admission/volume-names.js';
import {createWorkloads} from '../../../controller/workloads.js';
import {createDockerEngine} from '../../../controller/engines/docker/engine.js';
import {baseline} from '../../../controller/engines/docker/policy/policy.js';
import {createEngines} from '../../../controller/engines/registry.js';
import {Service} from '../../../store/resources/service.js';
import {clock, silent} from '../../controller/engines/samples.js';

const service = (name: string, ...volumes: readonly unknown[]): Service => Service.parse({
	apiVersion: 'motey.io/v1', kind: 'Service', spec: {images: [{name: 'web', image: 'web:1', parameters: {volumes}}]},
	metadata: {name, namespace: 'default', uid: name, resourceVersion: '1', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z'},
});
// Nothing is asked of it: names follow from the parameters alone.
const engine = createDockerEngine({url: 'unix:///nowhere', nodeId: 'a', nodeName: 'here', clock, log: silent, policy: baseline});
const workloads = createWorkloads({engines: createEngines([engine]), referenceOf: () => ({name: '', uid: ''})});
const amid = (...others: readonly Service[]): VolumeNames => ({volumes: of => workloads.volumes(of), get: (_, {name}) => others.find(other => other.metadata.name === name) as never});

test('a volume that two services would take for their own is refused, whichever comes second', t => {
	const [one, two] = [service('a_b', 'c:/data'), service('a', 'b_c:/data')];
	for (const [first, second] of [[one, two], [two, one]] as const) {
		const [problem, ...others] = volumeNameProblems(second, amid(first));
		t.deepEqual(others, []);
		t.is(problem?.field, 'spec.images[0].parameters');
		t.is(problem?.message, `its volume "motey_default_a_b_c" would be that of service "${first.metadata.name}": rename one of the two volumes or services`);
	}
});

test('volumes of one name in two services, one\'s own, and external ones that are shared are fine', t => {
	const others = [service('a', 'data:/data'), service('my_app', 'my_data:/data')];
	t.deepEqual(volumeNameProblems(service('b', 'data:/data', '/scratch'), amid(...others)), []);
	t.deepEqual(volumeNameProblems(service('my_app', 'my_data:/data'), amid(...others)), []);
	t.deepEqual(volumeNameProblems(service('my', {type: 'volume', source: 'motey_default_my_app_my_data', target: '/data', external: true}), amid()), []);
	t.deepEqual(volumeNameProblems(service('other', {type: 'volume', source: 'motey_default_my_app_my_data', target: '/data', external: true}), amid(...others)), []);
});
