import ts from 'typescript';
import {findNodes, lineOf, type Source} from './sources.js';

/** What breaks a rule, as `file:line what`. */
export type Offence = string;

/** A rule reads all sources at once and names every offence. */
export type HouseRule = (sources: readonly Source[]) => readonly Offence[];

const isTest = ({path}: Source): boolean => path.startsWith('test/');
const isWithin = (path: string, places: readonly string[]): boolean => places.some(place => path.startsWith(place));

/** The nodes of every source that `choose` accepts, where the source is not exempt. */
const everyNode = (exempt: (source: Source) => boolean, choose: (node: ts.Node, source: Source) => boolean): HouseRule => sources =>
	sources.filter(source => !exempt(source)).flatMap(source =>
		findNodes(source, node => choose(node, source)).map(node =>
			`${source.path}:${lineOf(source, node)} ${node.getText(source.tree).split('\n')[0]!.slice(0, 80)}`));

const mayImport: Readonly<Record<string, readonly string[]>> = {
	'store/resources/': ['store/resources/'],
	'store/': ['store/'],
	'reconcilers/': ['reconcilers/', 'store/'],
	'api/': ['api/', 'store/'],
	'controller/': ['controller/', 'api/', 'reconcilers/', 'store/'],
};

/** controller → {api, reconcilers} → store → store/resources, and never the other way or sideways. */
export const importDirection: HouseRule = sources => sources.flatMap(({path, imports}) => {
	const allowed = Object.entries(mayImport).find(([layer]) => path.startsWith(layer))?.[1];
	if (allowed === undefined) return [];
	return imports.filter(({kind, target}) => kind === 'source' && !isWithin(target, allowed)).map(({line, target}) => `${path}:${line} imports ${target}`);
});

const owners: Readonly<Record<string, readonly string[]>> = {
	level: ['store/level/'],
	express: ['api/'],
	yaml: ['api/', 'controller/config'],
	// Also in all of store/: what is read back from a disk enters as unknown, like everything from outside.
	zod: ['store/', 'api/', 'controller/'],
	rxjs: ['store/', 'reconcilers/', 'controller/', 'api/watch/', 'api/kubernetes/'],
	dockerode: ['controller/engines/docker/'],
	'@peculiar/x509': ['controller/tls/'],
	zeromq: ['controller/peers/', 'controller/capabilities/'],
	ini: ['controller/config/'],
	mqtt: ['controller/discovery/'],
	aedes: ['controller/discovery/'],
	immer: ['store/', 'reconcilers/'],
};

/** Each package is known in few places, so that it can be exchanged there. */
export const packageOwners: HouseRule = sources => sources.filter(source => !isTest(source)).flatMap(({path, imports}) =>
	imports.filter(({kind, target}) => kind === 'package' && owners[target] !== undefined && !isWithin(path, owners[target]))
		.map(({line, target}) => `${path}:${line} imports ${target}, which belongs in ${owners[target]!.join(', ')}`));

/** No file needs itself to be loaded first; what the compiler erases and what is loaded on use is no circle. */
export const noImportCycles: HouseRule = sources => {
	const byPath = new Map(sources.map(source => [source.path, source]));
	const finished = new Set<string>();
	const offences: Offence[] = [];
	const visit = (path: string, trail: readonly string[]): void => {
		if (trail.includes(path)) {
			offences.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
			return;
		}
		if (finished.has(path)) return;
		for (const {kind, target, typeOnly} of byPath.get(path)?.imports ?? []) {
			if (kind === 'source' && !typeOnly) visit(target, [...trail, path]);
		}
		finished.add(path);
	};
	for (const {path} of sources) visit(path, []);
	return offences;
};

/** A file is read in one go. */
export const shortFiles: HouseRule = sources =>
	sources.filter(source => !isTest(source) && source.lineCount > 300).map(({path, lineCount}) => `${path}:${lineCount} has ${lineCount} lines, more than 300`);

/** A thing has one name everywhere, and lives where it is imported from. */
export const namedExportsOnly = everyNode(() => false, node =>
	ts.isExportAssignment(node)
	|| (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && node.exportClause === undefined)
	|| (node.kind === ts.SyntaxKind.DefaultKeyword && (ts.isFunctionDeclaration(node.parent) || ts.isClassDeclaration(node.parent))));

/** Neither `: any`, `as any` nor `any[]`. */
export const noAny = everyNode(() => false, node => node.kind === ts.SyntaxKind.AnyKeyword);

const clockOrChance = /^(?:Date\.now|Math\.random|performance\.now|(?:crypto\.)?random(?:UUID|Bytes|Int))$/;

/** Reconcilers are given the time and every random number, so that the same inputs give the same plan. */
export const noClockInReconcilers = everyNode(({path}) => !path.startsWith('reconcilers/'), (node, {tree}) =>
	(ts.isCallExpression(node) && clockOrChance.test(node.expression.getText(tree)))
	|| (ts.isNewExpression(node) && node.expression.getText(tree) === 'Date' && (node.arguments?.length ?? 0) === 0));

// The last three are no streams: a SUB socket and an MQTT client are told what to listen to by a method of the same name.
const subscribers = /^controller\/process\.ts$|^api\/watch\/stream\.ts$|\/coalesce-by-key\.ts$|^controller\/peers\/socket\.ts$|^controller\/capabilities\/subscriber\.ts$|^controller\/discovery\/mqtt-connection\.ts$/;

/** A stream ends in few places, where its errors and its teardown are seen to. */
export const subscribeInFewPlaces = everyNode(source => isTest(source) || subscribers.test(source.path), node =>
	ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && node.expression.name.text === 'subscribe');

const emptyNames = new Set(['util', 'utils', 'helper', 'helpers', 'manager', 'managers', 'common']);

/** A file is named for what is in it. */
export const tellingNames: HouseRule = sources =>
	sources.filter(({path}) => path.split(/[/.-]/).some(word => emptyNames.has(word))).map(({path}) => `${path}:1 has a name that says nothing`);

const environmentReaders = /^controller\/config(?:\.ts$|\/|-[^/]*\.ts$)|^api\/cli\/args\.ts$/;

/** The environment is an input like any other: read at the door, then passed on. */
export const environmentAtTheDoor = everyNode(source => isTest(source) || environmentReaders.test(source.path), (node, {tree}) =>
	(ts.isPropertyAccessExpression(node) && node.getText(tree) === 'process.env')
	|| (ts.isImportSpecifier(node) && (node.propertyName ?? node.name).text === 'env' && /process['"]/.test(node.parent.parent.parent.getText(tree))));

/** Such a deadline never comes once the timeout has been collected as garbage, which nothing but the composite refers to. @see https://github.com/nodejs/node/pull/57867 */
export const deadlinesThatCome = everyNode(() => false, (node, {tree}) =>
	ts.isCallExpression(node) && node.expression.getText(tree) === 'AbortSignal.any' && node.arguments.some(argument => argument.getText(tree).includes('AbortSignal.timeout(')));
