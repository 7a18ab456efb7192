import {readFileSync, readdirSync} from 'node:fs';
import {dirname, join, normalize} from 'node:path';
import ts from 'typescript';

/** One import or re-export. */
export interface ImportLine {
	readonly line: number;
	/** Path of the imported source from the project's root, or the name of a package (`node:…` as it is written). */
	readonly target: string;
	readonly kind: 'source' | 'package';
	/** True when the compiler erases it, so that it costs and orders nothing at run time. */
	readonly typeOnly: boolean;
}

/** A TypeScript file of this project, parsed. */
export interface Source {
	/** From the project's root, with forward slashes. */
	readonly path: string;
	readonly lineCount: number;
	readonly tree: ts.SourceFile;
	readonly imports: readonly ImportLine[];
}

/** The line of `node`, counted from 1. */
export const lineOf = (source: Pick<Source, 'tree'>, node: ts.Node): number => source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;

/** Every node of a source that `choose` accepts, in order. */
export function findNodes(source: Source, choose: (node: ts.Node) => boolean): ts.Node[] {
	const found: ts.Node[] = [];
	const visit = (node: ts.Node): void => {
		if (choose(node)) found.push(node);
		node.forEachChild(visit);
	};
	visit(source.tree);
	return found;
}

const packageOf = (specifier: string): string => specifier.startsWith('node:') ? specifier : specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
	if (ts.isExportDeclaration(statement)) return statement.isTypeOnly;
	const clause = statement.importClause;
	if (clause === undefined) return false;
	if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
	const names = clause.namedBindings;
	return clause.name === undefined && names !== undefined && ts.isNamedImports(names) && names.elements.every(each => each.isTypeOnly);
}

function importsOf(path: string, tree: ts.SourceFile): ImportLine[] {
	const lines: ImportLine[] = [];
	const add = (node: ts.Node, specifier: string, typeOnly: boolean): void => {
		const line = lineOf({tree}, node);
		lines.push(specifier.startsWith('.')
			? {line, kind: 'source', target: normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts'), typeOnly}
			: {line, kind: 'package', target: packageOf(specifier), typeOnly});
	};
	const visit = (node: ts.Node): void => {
		if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
			add(node, node.moduleSpecifier.text, isTypeOnly(node));
		} else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
			const [specifier] = node.arguments;
			// Loaded when it is used, not when the file is: it can close a circle in the graph, but not one at start.
			if (specifier !== undefined && ts.isStringLiteral(specifier)) add(node, specifier.text, true);
		}
		node.forEachChild(visit);
	};
	visit(tree);
	return lines;
}

/** Parses text as the source at `path`. */
export function parseSource(path: string, text: string): Source {
	const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
	return {path, lineCount: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), tree, imports: importsOf(path, tree)};
}

/** Every TypeScript source below `folders` of the current directory, which AVA makes the project's root. */
export const readSources = (folders: readonly string[]): Source[] => folders.flatMap(folder =>
	readdirSync(folder, {recursive: true, encoding: 'utf8'})
		.filter(name => name.endsWith('.ts'))
		.map(name => join(folder, name))
		.map(path => parseSource(path, readFileSync(path, 'utf8'))));
