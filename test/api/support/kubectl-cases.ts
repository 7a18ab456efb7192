import test, {type ExecutionContext} from 'ava';
import {finishDeletions} from './finish-deletions.js';
import {kubectls, prepareKubectl, type Kubectl, type KubectlOptions, type KubectlRun} from './kubectl.js';
import {serveSecureApi, type SecureApi} from './secure.js';
import {putShop} from './shop.js';

/** What a case gets: a kubectl, and a namespace that no other case uses. */
export interface Case {
	readonly t: ExecutionContext;
	readonly secure: SecureApi;
	readonly kubectl: Kubectl;
	readonly namespace: string;
	/** Runs in the case's own namespace. */
	readonly own: (arguments_: readonly string[], options?: KubectlOptions) => Promise<KubectlRun>;
	/** Runs in `default`, where the shop is; for reading only. */
	readonly shop: (arguments_: readonly string[], options?: KubectlOptions) => Promise<KubectlRun>;
	/** Applies a Service `web` to the case's own namespace. */
	readonly apply: (overrides?: Readonly<Record<string, unknown>>) => Promise<string>;
}

/** Registers a case; it runs once with each kubectl. */
export type RegisterCase = (title: string, body: (one: Case) => Promise<void>) => void;

/** A Service of one image as a manifest. */
export function manifest(name: string, spec: Readonly<Record<string, unknown>> = {}, metadata: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
	return {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name, labels: {app: name}, ...metadata}, spec: {replicas: 2, images: [{name: 'nginx', image: 'nginx'}], ...spec}};
}

/** Serves the shop for this file's cases and returns registrars: for every kubectl, and for those of at least 1.28 or 1.31, which know more. */
export function kubectlCases(): {readonly each: RegisterCase; readonly since28: RegisterCase; readonly since31: RegisterCase} {
	const binaries = kubectls();
	const shared: {secure?: SecureApi; stop?: () => void; readonly made: Map<string, Kubectl>} = {made: new Map()};
	test.before(async () => {
		shared.secure = await serveSecureApi();
		await putShop(shared.secure.api);
		shared.stop = finishDeletions(shared.secure.api.store);
		for (const {label, path} of binaries) shared.made.set(label, await prepareKubectl(path, {secure: shared.secure}));
	});
	test.after.always(async () => {
		shared.stop?.();
		for (const kubectl of shared.made.values()) await kubectl[Symbol.asyncDispose]();
		await shared.secure?.[Symbol.asyncDispose]();
	});

	const register = (label: string, title: string, body: (one: Case) => Promise<void>): void => test(`kubectl ${label}: ${title}`, async t => {
		const kubectl = shared.made.get(label)!;
		const namespace = `case-${/^\d+/u.exec(title)?.[0] ?? 'x'}-${label.replace('.', '-')}`;
		const own: Case['own'] = async (arguments_, options) => kubectl.run(['-n', namespace, ...arguments_], options);
		await body({
			t, kubectl, namespace, own, secure: shared.secure!,
			shop: async (arguments_, options) => kubectl.run(arguments_, options),
			async apply(overrides = {}) {
				const file = await kubectl.file(`${namespace}.json`, manifest('web', overrides));
				const {code, stderr} = await own(['apply', '-f', file]);
				t.is(code, 0, stderr);
				return file;
			},
		});
	});
	const since = (least: number): RegisterCase => (title, body) => {
		for (const {label, minor} of binaries) if (minor >= least) register(label, title, body);
	};
	return {each: since(20), since28: since(28), since31: since(31)};
}

/** The lines of an output, without the last, empty one. */
export function lines(text: string): readonly string[] {
	return text.split('\n').filter(line => line.trim() !== '');
}

/** Words of a table's first line. */
export function header(text: string): readonly string[] {
	return (lines(text)[0] ?? '').trim().split(/\s{2,}/u);
}
