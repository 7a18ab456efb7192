import {kubectlCases, lines, manifest} from './support/kubectl-cases.js';

const {each, since28} = kubectlCases();

const twoImages = {images: [{name: 'nginx', image: 'nginx'}, {name: 'side', image: 'side'}]};

each('23. apply creates, leaves alone, changes', async ({t, own, kubectl}) => {
	const file = async (replicas: number): Promise<string> => kubectl.file('c23.json', manifest('web', {replicas}));
	t.is((await own(['apply', '-f', await file(2)])).stdout.trim(), 'service.motey.io/web created');
	t.is((await own(['apply', '-f', await file(2)])).stdout.trim(), 'service.motey.io/web unchanged');
	t.is((await own(['apply', '-f', await file(3)])).stdout.trim(), 'service.motey.io/web configured');
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.spec.replicas}'])).stdout, '3');
});

each('24. what apply no longer names is gone', async ({t, own, apply}) => {
	await apply(twoImages);
	await apply({images: twoImages.images.slice(0, 1)});
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.spec.images[*].name}'])).stdout, 'nginx');
});

each('files are applied with their content; one that only motey reads is refused', async ({t, own, kubectl}) => {
	const of = (file: object): Promise<string> => kubectl.file('files.json', manifest('web', {images: [{name: 'web', image: 'web', files: [{path: '/etc/shop.conf', ...file}]}]}));
	const content = 'a = "1"\nb = ä\n';
	t.is((await own(['apply', '-f', await of({content, onChange: 'signal'})])).stdout.trim(), 'service.motey.io/web created');
	t.is((await own(['apply', '-f', await of({content, onChange: 'signal'})])).stdout.trim(), 'service.motey.io/web unchanged');
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.spec.images[0].files[0].content}'])).stdout, content);
	const {code, stderr} = await own(['apply', '--validate=false', '-f', await of({from: 'shop.conf'})]);
	t.is(code, 1);
	t.regex(stderr, /from: Invalid value: is read by motey apply -f/u);
});

each('25. a field nobody knows is refused', async ({t, own, kubectl}) => {
	const {code, stderr} = await own(['apply', '-f', await kubectl.file('c25.json', manifest('web', {bogus: 1}))]);
	t.is(code, 1);
	t.regex(stderr, /unknown field "(?:spec\.)?bogus"/u);
});

since28('26. --validate=warn drops it and says so', async ({t, own, apply, kubectl}) => {
	await apply();
	const {code, stdout, stderr} = await own(['apply', '--validate=warn', '-f', await kubectl.file('c26.json', manifest('web', {replicas: 3, bogus: 1}))]);
	t.is(code, 0, stderr);
	t.true(stderr.includes('Warning: unknown field "spec.bogus"'));
	t.true(stdout.includes('configured'));
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.spec.bogus}'])).stdout, '');
});

each('27. create twice is AlreadyExists', async ({t, own, kubectl}) => {
	const file = await kubectl.file('c27.json', manifest('web'));
	t.is((await own(['create', '-f', file])).code, 0);
	const again = await own(['create', '-f', file]);
	t.is(again.code, 1);
	t.true(again.stderr.includes('(AlreadyExists)'));
});

each('28. everything wrong is told at once', async ({t, own, kubectl}) => {
	const file = await kubectl.file('c28.json', {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'bad'}, spec: {replicas: 'x'}});
	const {code, stderr} = await own(['create', '--validate=false', '-f', file]);
	t.is(code, 1);
	t.true(stderr.includes('The Service "bad" is invalid'), stderr);
	t.is(stderr.match(/^\* spec\.(?:replicas|images): /gmu)?.length, 2, stderr);
});

each('29. a generated name is completed', async ({t, own, kubectl}) => {
	const {metadata: _, ...rest} = manifest('x') as {metadata: unknown};
	const {code, stdout} = await own(['create', '-f', await kubectl.file('c29.json', {...rest, metadata: {generateName: 'gen-'}})]);
	t.is(code, 0);
	t.regex(stdout, /^service\.motey\.io\/gen-\w+ created/u);
});

each('30., 31. a dry run changes nothing', async ({t, own, apply, kubectl}) => {
	await apply();
	const revision = async (): Promise<string> => (await own(['get', 'svc', 'web', '-o', 'jsonpath={.metadata.resourceVersion}'])).stdout;
	const before = await revision();
	const {stdout} = await own(['apply', '--dry-run=server', '-f', await kubectl.file('c30.json', manifest('web', {replicas: 5}))]);
	t.is(stdout.trim(), 'service.motey.io/web configured (server dry run)');
	t.is((await own(['delete', 'svc', 'web', '--dry-run=server'])).code, 0);
	t.is(await revision(), before);
});

each('32. diff tells the same from the changed and the new', async ({t, own, apply, kubectl}) => {
	t.is((await own(['diff', '-f', await apply()])).code, 0);
	const changed = await own(['diff', '-f', await kubectl.file('c32.json', manifest('web', {replicas: 7}))]);
	t.is(changed.code, 1);
	t.regex(changed.stdout, /^\+ +replicas: 7/mu);
	t.is((await own(['diff', '-f', await kubectl.file('c32-new.json', manifest('fresh'))])).code, 1);
});

each('40. patch takes maps in its default form, and lists not', async ({t, own, apply}) => {
	await apply();
	const patched = await own(['patch', 'svc', 'web', '-p', '{"spec":{"replicas":4}}']);
	t.is(patched.stdout.trim(), 'service.motey.io/web patched');
	const refused = await own(['patch', 'svc', 'web', '-p', '{"spec":{"images":[{"name":"a","image":"a"}]}}']);
	t.is(refused.code, 1);
	t.true(refused.stderr.includes('unknown format') || refused.stderr.includes('UnsupportedMediaType'), refused.stderr);
});

each('41.-43. merge and JSON patches', async ({t, own, apply}) => {
	await apply();
	t.is((await own(['patch', 'svc', 'web', '--type=merge', '-p', '{"spec":{"replicas":5}}'])).code, 0);
	t.is((await own(['patch', 'svc', 'web', '--type=json', '-p', '[{"op":"replace","path":"/spec/replicas","value":6}]'])).code, 0);
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.spec.replicas}'])).stdout, '6');
	const bad = await own(['patch', 'svc', 'web', '--type=json', '-p', '[{"op":"remove","path":"/spec/nothing"}]']);
	t.is(bad.code, 1);
	t.true(bad.stderr.includes('The request is invalid'), bad.stderr);
});

since28('44. nobody patches a status', async ({t, own, apply}) => {
	await apply();
	const {code, stderr} = await own(['patch', 'svc', 'web', '--subresource=status', '--type=merge', '-p', '{"status":{"phase":"Running"}}']);
	t.is(code, 1);
	t.true(stderr.includes('(Forbidden)'), stderr);
});

each('45., 46. edit changes, or notices that nothing did', async ({t, own, apply}) => {
	await apply();
	const edited = await own(['edit', 'svc', 'web'], {env: {KUBE_EDITOR: 'sed -i s/^..replicas:.2/\\ \\ replicas:\\ 3/'}});
	t.true(edited.stdout.includes('service.motey.io/web edited'), edited.stderr);
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.spec.replicas}'])).stdout, '3');
	const same = await own(['edit', 'svc', 'web'], {env: {KUBE_EDITOR: 'true'}});
	t.true(`${same.stdout}${same.stderr}`.includes('Edit cancelled, no changes made.'));
});

each('47., 48. labels and annotations come, are guarded, and go', async ({t, own, apply}) => {
	await apply();
	t.is((await own(['label', 'svc', 'web', 'tier=a'])).code, 0);
	const guarded = await own(['label', 'svc', 'web', 'tier=b']);
	t.is(guarded.code, 1);
	t.true(guarded.stderr.includes('--overwrite is false'));
	t.is((await own(['label', 'svc', 'web', 'tier-'])).code, 0);
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.metadata.labels.tier}'])).stdout, '');
	t.is((await own(['annotate', 'svc', 'web', 'a=b'])).code, 0);
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.metadata.annotations.a}'])).stdout, 'b');
});

each('49.-51. replace puts one object in the place of another, unless it is not the one expected', async ({t, own, apply, kubectl}) => {
	const file = await apply();
	const uid = async (): Promise<string> => (await own(['get', 'svc', 'web', '-o', 'jsonpath={.metadata.uid}'])).stdout;
	const before = await uid();
	t.is((await own(['replace', '-f', await kubectl.file('c49.json', manifest('web', {replicas: 9}))])).stdout.trim(), 'service.motey.io/web replaced');
	const stale = await own(['replace', '-f', await kubectl.file('c50.json', manifest('web', {}, {resourceVersion: '12345'}))]);
	t.is(stale.code, 1);
	t.true(stale.stderr.includes('(Conflict)'), stale.stderr);
	t.is(await uid(), before);
	t.is((await own(['replace', '--force', '-f', file])).code, 0);
	t.not(await uid(), before);
});

each('52.-54. scale, with and without an expectation', async ({t, own, apply}) => {
	await apply();
	t.true((await own(['scale', 'svc', 'web', '--replicas=4'])).stdout.includes('scaled'));
	t.true((await own(['scale', 'svc', 'web', '--current-replicas=4', '--replicas=5'])).stdout.includes('scaled'));
	const wrong = await own(['scale', 'svc', 'web', '--current-replicas=9', '--replicas=1']);
	t.is(wrong.code, 1);
	t.true(wrong.stderr.includes('Expected replicas to be 9'), wrong.stderr);
	t.is((await own(['get', 'svc', 'web', '-o', 'jsonpath={.spec.replicas}'])).stdout, '5');
});

each('55.-57. delete one, those with a label, all', async ({t, own, kubectl}) => {
	const file = await kubectl.file('c55.json', {apiVersion: 'v1', kind: 'List', items: ['a', 'b', 'c', 'd'].map(name => manifest(name))});
	t.is((await own(['create', '-f', file])).code, 0);
	const left = async (): Promise<readonly string[]> => lines((await own(['get', 'svc', '-o', 'name'])).stdout);
	t.is((await own(['delete', 'svc', 'a'])).code, 0);
	t.is((await left()).length, 3);
	t.is((await own(['delete', 'svc', '-l', 'app=b'])).code, 0);
	t.is((await left()).length, 2);
	t.is((await own(['delete', 'svc', '--all'])).code, 0);
	t.deepEqual(await left(), []);
});

each('58. a finalizer holds the object until it is dropped', async ({t, own, kubectl}) => {
	t.is((await own(['create', '-f', await kubectl.file('c58.json', manifest('web', {}, {finalizers: ['example.org/hold']}))])).code, 0);
	t.is((await own(['delete', 'svc', 'web', '--timeout=2s'])).code, 1);
	t.is((await own(['patch', 'svc', 'web', '--type=merge', '-p', '{"metadata":{"finalizers":null}}'])).code, 0);
	t.true((await own(['get', 'svc', 'web'])).stderr.includes('NotFound'));
});

each('59. --cascade=foreground returns when it is gone', async ({t, own, apply}) => {
	await apply();
	t.is((await own(['delete', 'svc', 'web', '--cascade=foreground'])).code, 0);
	t.true((await own(['get', 'svc', 'web'])).stderr.includes('NotFound'));
});

each('83. names of the original\'s alphabet work', async ({t, own, kubectl}) => {
	for (const name of ['Web_1', 'web.1', 'UPPER']) {
		t.is((await own(['create', '-f', await kubectl.file(`c83-${name}.json`, manifest(name))])).code, 0, name);
		t.is((await own(['get', 'svc', name, '-o', 'name'])).stdout.trim(), `service.motey.io/${name}`);
		t.is((await own(['delete', 'svc', name])).code, 0, name);
	}
});

each('84. apply --prune removes what is no longer in the files', async ({t, own, kubectl}) => {
	const both = await kubectl.file('c84.json', {apiVersion: 'v1', kind: 'List', items: ['a', 'b'].map(name => manifest(name, {}, {labels: {set: 'p'}}))});
	t.is((await own(['apply', '-f', both])).code, 0);
	const one = await kubectl.file('c84-one.json', manifest('a', {}, {labels: {set: 'p'}}));
	const flag = (await own(['apply', '--help'])).stdout.includes('--prune-allowlist') ? '--prune-allowlist' : '--prune-whitelist';
	const {code, stdout, stderr} = await own(['apply', '--prune', '-l', 'set=p', `${flag}=motey.io/v1/Service`, '-f', one]);
	t.is(code, 0, stderr);
	t.true(stdout.includes('service.motey.io/b pruned'), stdout);
});
