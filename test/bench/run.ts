import {writeFile} from 'node:fs/promises';
import {cpus, totalmem} from 'node:os';
import {parseArgs} from 'node:util';
import {adoptionFigures} from './cases/adoption.js';
import {containerFigures, healFigures} from './cases/containers.js';
import {fileFigures} from './cases/file.js';
import {fleetFigures} from './cases/fleet.js';
import {quietFigures} from './cases/fleet-quiet.js';
import {groupFigures} from './cases/groups.js';
import {imageFigures} from './cases/image.js';
import {limitFigures} from './cases/limits.js';
import {placementFigures} from './cases/placement.js';
import {peerFigures} from './cases/peers.js';
import {processFigures} from './cases/process.js';
import {requestFigures} from './cases/requests.js';
import {rolloutFigures} from './cases/rollout.js';
import {scaleFigures} from './cases/scale.js';
import {startDockerd} from '../support/dockerd.js';
import type {Figure} from './figures.js';
import {reportTable} from './report.js';

const cases = {adoption: adoptionFigures, containers: containerFigures, file: fileFigures, fleet: fleetFigures, groups: groupFigures, heal: healFigures, image: imageFigures, limits: limitFigures, placement: placementFigures, peers: peerFigures, process: processFigures, quiet: quietFigures, requests: requestFigures, rollout: rolloutFigures, scale: scaleFigures};

const {values} = parseArgs({options: {json: {type: 'string'}, only: {type: 'string'}, rounds: {type: 'string', default: '7'}}});
const chosen = Object.entries(cases).filter(([name]) => values.only === undefined || values.only.split(',').includes(name));
if (chosen.length === 0) throw new Error(`--only ${values.only}: there are ${Object.keys(cases).join(', ')}`);

const progress = (name: string) => (text: string): void => {
	if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${name}: ${text}`);
};
await using dockerd = await startDockerd({arguments: ['--default-address-pool', 'base=10.218.0.0/16,size=24']});
await dockerd.loadImages();
const figures: Figure[] = [];
let failed = false;
for (const [name, measure] of chosen) {
	try {
		figures.push(...await measure({rounds: Number(values.rounds), progress: progress(name), dockerd}));
	} catch (error) {
		failed = true;
		console.error(`\n${name} could not be measured, which is no pass:`, error);
	}
}
progress('')('');
console.log(`${new Date().toISOString()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${values.rounds} rounds\n`);
console.log(reportTable(figures));
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, undefined, '\t')}\n`);
process.exitCode = failed ? 1 : 0;
