import {header, kubectlCases, lines} from './support/kubectl-cases.js';

const {each, since28} = kubectlCases();

each('1. version names the server', async ({t, shop}) => {
	const {code, stdout} = await shop(['version']);
	t.is(code, 0);
	t.regex(stdout, /Server Version.*v1\.34\.0-motey/u);
});

each('2. api-versions lists motey.io/v1', async ({t, shop}) => {
	t.true(lines((await shop(['api-versions'])).stdout).includes('motey.io/v1'));
});

each('3. services are ours, and no others', async ({t, shop}) => {
	const names = lines((await shop(['api-resources', '-o', 'name'])).stdout);
	t.true(names.includes('services.motey.io'));
	t.false(names.includes('services'));
});

for (const name of ['services', 'service', 'svc', 'services.motey.io']) {
	each(`4. get ${name} finds a Service`, async ({t, shop}) => {
		const {code, stdout} = await shop(['get', name, 'web', '-o', 'name']);
		t.is(code, 0);
		t.is(stdout.trim(), 'service.motey.io/web');
	});
}

each('5.-7. get svc shows a table, wider with -o wide, of all namespaces with -A', async ({t, shop}) => {
	const [narrow, wide, everywhere] = await Promise.all([shop(['get', 'svc']), shop(['get', 'svc', '-o', 'wide']), shop(['get', 'svc', '-A'])]);
	t.deepEqual(header(narrow.stdout), ['NAME', 'READY', 'PHASE', 'IMAGES', 'AGE']);
	t.deepEqual(header(wide.stdout), ['NAME', 'READY', 'PHASE', 'IMAGES', 'AGE', 'ENGINE']);
	t.is(header(everywhere.stdout)[0], 'NAMESPACE');
});

each('8., 9. labels are shown as they are, or as a column', async ({t, shop}) => {
	t.true((await shop(['get', 'inst', '--show-labels'])).stdout.includes('app=web'));
	const {stdout} = await shop(['get', 'inst', '-L', 'app']);
	t.is(header(stdout).at(-1), 'APP');
	t.regex(lines(stdout)[1] ?? '', /web$/u);
});

each('10. get all shows the Service and its Instances once', async ({t, shop}) => {
	const names = lines((await shop(['get', 'all', '-o', 'name'])).stdout);
	for (const name of ['service.motey.io/web', 'instance.motey.io/web-nginx-0', 'instance.motey.io/web-nginx-1']) t.is(names.filter(one => one === name).length, 1, name);
	t.false(names.some(name => name.startsWith('pod/')));
});

each('11. a node is there in both shapes', async ({t, shop}) => {
	t.deepEqual(lines((await shop(['get', 'no,mno', '-o', 'name'])).stdout), ['node/edge_01', 'node.motey.io/edge_01']);
	const tables = await Promise.all(['no', 'mno'].map(async name => shop(['get', name])));
	for (const {stdout} of tables) {
		t.deepEqual(header(stdout), ['NAME', 'STATUS', 'ROLES', 'AGE', 'VERSION']);
		t.regex(stdout, /edge_01\s+Ready\s/u);
	}
});

each('12. --sort-by orders', async ({t, shop}) => {
	const names = lines((await shop(['get', 'inst', '--sort-by=.metadata.name', '--no-headers'])).stdout).map(line => line.split(' ')[0]);
	t.deepEqual(names, ['web-nginx-0', 'web-nginx-1']);
});

each('13. --chunk-size reads page by page', async ({t, shop}) => {
	const {stdout, stderr} = await shop(['get', 'inst', '--chunk-size=1', '-o', 'name', '-v=6']);
	t.is(lines(stdout).length, 2);
	t.is(stderr.match(/\/instances\?\S*limit=1/gu)?.length, 2);
});

each('14.-16. selectors choose, and one that nobody knows is refused', async ({t, shop}) => {
	t.is(lines((await shop(['get', 'inst', '-o', 'name', '-l', 'app in (web),!x'])).stdout).length, 2);
	t.is(lines((await shop(['get', 'inst', '-o', 'name', '-l', 'app notin (web)'])).stdout).length, 0);
	t.is(lines((await shop(['get', 'inst', '-o', 'name', '--field-selector=status.phase=Running'])).stdout).length, 2);
	const refused = await shop(['get', 'inst', '--field-selector=foo=bar']);
	t.is(refused.code, 1);
	t.true(refused.stderr.includes('field label not supported: foo'));
});

each('17., 19. what is not there is told in kubectl\'s words', async ({t, shop}) => {
	const absent = await shop(['get', 'svc', 'nope']);
	t.is(absent.code, 1);
	t.is(absent.stderr.trim(), 'Error from server (NotFound): services.motey.io "nope" not found');
	const unknown = await shop(['get', 'nosuch']);
	t.is(unknown.code, 1);
	t.true(unknown.stderr.includes('the server doesn\'t have a resource type "nosuch"'));
});

since28('18. --ignore-not-found says nothing', async ({t, shop}) => {
	t.deepEqual(await shop(['get', 'svc', 'nope', '--ignore-not-found']), {code: 0, stdout: '', stderr: ''});
});

each('20., 21. jsonpath and custom columns read objects', async ({t, shop}) => {
	t.is((await shop(['get', 'svc', 'web', '-o', 'jsonpath={.spec.replicas}'])).stdout, '2');
	t.deepEqual(lines((await shop(['get', 'svc', '-o', 'custom-columns=N:.metadata.name'])).stdout), ['N', 'web']);
});

each('22. get --raw /readyz says ok', async ({t, shop}) => {
	t.is((await shop(['get', '--raw', '/readyz'])).stdout.trim(), 'ok');
});

each('68. a watch from a revision nobody gave ends with 410', async ({t, shop}) => {
	const {stdout} = await shop(['get', '--raw', '/apis/motey.io/v1/namespaces/default/services?watch=1&resourceVersion=1']);
	t.true(stdout.replaceAll(/\s/gu, '').includes('"code":410'), stdout);
});

each('74. describe shows the events of the object', async ({t, shop}) => {
	const {code, stdout} = await shop(['describe', 'svc', 'web']);
	t.is(code, 0);
	t.regex(stdout, /Events:[\s\S]*InstanceCreated[\s\S]*slot 0 of nginx is on edge_01/u);
	t.is((await shop(['describe', 'mno', 'edge_01'])).code, 0);
});

each('75. explain knows every field', async ({t, shop}) => {
	const {code, stdout} = await shop(['explain', 'svc.spec.images']);
	t.is(code, 0);
	for (const field of ['name', 'image', 'engine', 'parameters', 'capabilities', 'resources', 'pullPolicy']) t.regex(stdout, new RegExp(`^ +${field}\\s`, 'mu'));
	t.true(stdout.includes('What to run, as the engine names it.'));
	t.is((await shop(['explain', 'mno.status.capabilities'])).code, 0);
	t.is((await shop(['explain', 'instance.status.phase'])).code, 0);
});

each('76. get events shows them, also by what they are about', async ({t, shop}) => {
	t.regex((await shop(['get', 'events'])).stdout, /Normal\s+InstanceCreated\s+service\/web\s+slot 0/u);
	t.is(lines((await shop(['get', 'ev', '-o', 'name', '--field-selector=involvedObject.name=web,type=Normal'])).stdout).length, 1);
	t.is(lines((await shop(['get', 'ev', '-o', 'name', '--field-selector=involvedObject.name=other'])).stdout).length, 0);
	t.is(lines((await shop(['get', 'events.events.k8s.io', '-o', 'name'])).stdout).length, 1);
});

since28('76. events shows them too', async ({t, shop}) => {
	t.regex((await shop(['events'])).stdout, /InstanceCreated/u);
	t.regex((await shop(['events', '--for', 'service/web'])).stdout, /InstanceCreated/u);
});

each('namespaces are those with something in them', async ({t, shop, kubectl, namespace}) => {
	t.regex((await shop(['get', 'ns', 'default'])).stdout, /default\s+Active/u);
	const file = await kubectl.file('elsewhere.json', {apiVersion: 'motey.io/v1', kind: 'Service', metadata: {name: 'x', namespace}, spec: {images: [{image: 'nginx'}]}});
	t.is((await shop(['apply', '-f', file])).code, 0);
	t.true(lines((await shop(['get', 'ns', '-o', 'name'])).stdout).includes(`namespace/${namespace}`));
});
