import test from 'ava';
import * as rules from './support/house-rules.js';
import {parseSource, readSources} from './support/sources.js';

const sources = readSources(['store', 'reconcilers', 'api', 'controller', 'docs', 'test']);

const promises: readonly (readonly [string, rules.HouseRule])[] = [
	['imports point from controller to api and reconcilers, from those to store, and never back', rules.importDirection],
	['every package is imported only where it belongs', rules.packageOwners],
	['no file imports itself by a detour', rules.noImportCycles],
	['no source is longer than 300 lines', rules.shortFiles],
	['everything is exported by its name, from where it is', rules.namedExportsOnly],
	['nothing is typed any', rules.noAny],
	['reconcilers have no clock and no random numbers of their own', rules.noClockInReconcilers],
	['streams are subscribed to in three files only', rules.subscribeInFewPlaces],
	['no file or folder has a name that says nothing', rules.tellingNames],
	['no deadline is one that may be forgotten', rules.deadlinesThatCome],
	['the environment is read in the configuration and in the client’s arguments only', rules.environmentAtTheDoor],
];

for (const [promise, rule] of promises) {
	test(promise, t => {
		const offences = rule(sources);
		t.is(offences.length, 0, `\n${offences.join('\n')}`);
	});
}

const offending: readonly (readonly [rules.HouseRule, string, string, string])[] = [
	[rules.importDirection, 'api/x.ts', 'import {y} from \'../reconcilers/y.js\';', 'api/x.ts:1 imports reconcilers/y.ts'],
	[rules.importDirection, 'store/resources/x.ts', '\nimport type {Y} from \'../y.js\';', 'store/resources/x.ts:2 imports store/y.ts'],
	[rules.packageOwners, 'store/x.ts', 'const y = await import(\'express/lib\');', 'store/x.ts:1 imports express, which belongs in api/'],
	[rules.noImportCycles, 'api/x.ts', 'import {x} from \'./x.js\';', 'api/x.ts → api/x.ts'],
	[rules.shortFiles, 'api/x.ts', '\n'.repeat(301), 'api/x.ts:301 has 301 lines, more than 300'],
	[rules.namedExportsOnly, 'api/x.ts', 'export default 1;', 'api/x.ts:1 export default 1;'],
	[rules.namedExportsOnly, 'api/x.ts', 'export default function x() {}', 'api/x.ts:1 default'],
	[rules.namedExportsOnly, 'api/x.ts', 'export * from \'./y.js\';', 'api/x.ts:1 export * from \'./y.js\';'],
	[rules.noAny, 'api/x.ts', 'const x = y as any;', 'api/x.ts:1 any'],
	[rules.noClockInReconcilers, 'reconcilers/x.ts', 'const x = Date.now();', 'reconcilers/x.ts:1 Date.now()'],
	[rules.noClockInReconcilers, 'reconcilers/x.ts', 'const x = new Date();', 'reconcilers/x.ts:1 new Date()'],
	[rules.subscribeInFewPlaces, 'api/x.ts', 'y.subscribe(z);', 'api/x.ts:1 y.subscribe(z)'],
	[rules.tellingNames, 'api/store-helpers.ts', '', 'api/store-helpers.ts:1 has a name that says nothing'],
	[rules.deadlinesThatCome, 'api/x.ts', 'AbortSignal.any([x, AbortSignal.timeout(1)])', 'api/x.ts:1 AbortSignal.any([x, AbortSignal.timeout(1)])'],
	[rules.environmentAtTheDoor, 'api/x.ts', 'const x = process.env[\'X\'];', 'api/x.ts:1 process.env'],
	[rules.environmentAtTheDoor, 'api/x.ts', 'import {env as x} from \'node:process\';', 'api/x.ts:1 env as x'],
];

for (const [rule, path, text, offence] of offending) {
	test(`a rule names ${offence.replace(/\n/g, ' ')}`, t => {
		t.deepEqual(rule([parseSource(path, text)]), [offence]);
	});
}
