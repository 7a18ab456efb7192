import {Draft} from '../../../reconcilers/service/draft.js';
import {planService} from '../../../reconcilers/service/plan.js';
import type {ServiceView} from '../../../reconcilers/service/view.js';
import type {ServiceSpec} from '../../../store/resources/service.js';
import {fleetOf} from '../../reconcilers/support/fleet-of.js';
import {candidate} from '../../reconcilers/support/nodes.js';
import {entry, service} from '../../reconcilers/support/objects.js';
import type {Figure} from '../figures.js';

const nodes = 100;
const instances = 1000;

/** What deciding costs where 1 000 instances go on 100 nodes: in one Service, and as one more Service of one instance each. */
export async function placementFigures({rounds, progress}: {rounds: number; progress: (text: string) => void}): Promise<readonly Figure[]> {
	const strategies = ['here', 'spread', 'pack'] as const;
	const atOnce = new Map<string, number[]>(strategies.map(strategy => [strategy, []]));
	const alone = new Map<string, number[]>(strategies.map(strategy => [strategy, []]));
	for (let round = 1; round <= rounds; round++) {
		for (const strategy of strategies) {
			progress(`round ${round}/${rounds}: ${strategy}`);
			const spec: ServiceSpec = {
				replicas: instances, placement: {strategy, nodeSelector: {site: 'north'}, prefer: [{capability: 'ssd', weight: 10}]},
				images: [entry({engine: 'docker', capabilities: ['gpu'], resources: {cpu: '100m', memory: '16Mi'}, parameters: {port: 80}})],
			};
			atOnce.get(strategy)!.push(timed(() => {
				const created = planService(viewOf(spec)).actions.length;
				if (created !== instances) throw new Error(`${created} of ${instances} were placed`);
			}));
			await Promise.resolve();
			const draft = new Draft(viewOf(spec));
			alone.get(strategy)!.push(timed(() => {
				for (let count = 0; count < instances; count += 1) draft.place(spec.images[0]!);
			}) / instances);
		}
	}
	const series = (samples: ReadonlyMap<string, number[]>) => [...samples].map(([contender, of]) => ({contender, samples: of}));
	return [
		{name: `placement of ${instances} instances on ${nodes} nodes`, unit: 'ms', series: series(atOnce), goal: 1000, note: 'goal: at most 1 s'},
		{name: `one decision among ${nodes} nodes`, unit: 'ms', series: series(alone)},
	];
}

function viewOf(spec: ServiceSpec): ServiceView {
	const silences = Object.fromEntries(Array.from({length: nodes - 1}, (_, index) => [`n${index}`, 0]));
	const candidates = ['here', ...Object.keys(silences)].map((name, index) => candidate(name, {
		own: name === 'here', labels: {site: 'north'}, capacity: {cpu: '64', memory: '256Gi'},
		capabilities: [{capability: 'gpu', capability_type: 'hardware', source: 'static'}, ...index % 3 === 0 ? [{capability: 'ssd', capability_type: 'hardware', source: 'static'}] : []],
	}));
	return {
		service: service('s', spec), instances: [], candidates: () => candidates, nodeOf: () => undefined, hostPorts: () => [], isForeign: () => false,
		fleet: fleetOf(silences), leaseAnsweredMs: () => 0, turns: new Map(), now: '2026-01-01T00:00:00Z',
	};
}

function timed(work: () => void): number {
	const from = performance.now();
	work();
	return performance.now() - from;
}
