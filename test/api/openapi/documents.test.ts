import test from 'ava';
import {moteyAnnotations} from '../../../api/openapi/annotations.js';
import {groupDocuments, swaggerDocument} from '../../../api/openapi/documents.js';
import {encodeSwagger} from '../../../api/openapi/protobuf.js';
import {servedResources} from '../../../api/kubernetes/resources-table.js';
import {serveTestApi} from '../support/serve.js';

/** What JSON gives: the assertions say what is in it. */
type Json = ReturnType<typeof JSON.parse>;

const options = {resources: servedResources, version: '0.1.0'};
const documents: Record<string, Json> = Object.fromEntries(groupDocuments(options).map(({location, document}) => [location, document]));
const motey = documents['apis/motey.io/v1'];
const swagger = swaggerDocument(options);

/** Every place below a schema, with its path. */
function* fields(schema: Json, path: string): Generator<[string, Json]> {
	yield [path, schema];
	if (schema.items) yield* fields(schema.items, path);
	for (const [name, value] of Object.entries(schema.properties ?? {})) yield* fields(value as Json, `${path}.${name}`);
}

const places = ['Service', 'Instance', 'Node', 'Group'].flatMap(kind => [...fields(motey.components.schemas[`io.motey.v1.${kind}`], kind)]);

test('every field is described, and nothing is described that is no field', t => {
	const paths = new Set(places.map(([path]) => path).filter(path => !/^\w+\.(?:metadata|apiVersion|kind)$/u.test(path)));
	const described = new Set(Object.keys(moteyAnnotations.descriptions));
	t.deepEqual([...paths].filter(path => !described.has(path)), []);
	t.deepEqual([...described].filter(path => !paths.has(path)), []);
	t.deepEqual([...Object.keys(moteyAnnotations.listMapKeys), ...moteyAnnotations.optional].filter(path => !paths.has(path)), []);
});

test('nothing stands in the schemas that some kubectl cannot read', t => {
	for (const [path, schema] of places) {
		t.not(typeof schema.additionalProperties, 'boolean', path);
		for (const key of ['anyOf', 'oneOf', 'not', 'readOnly', 'maximum', 'minimum', 'pattern', 'exclusiveMinimum']) t.false(key in schema, `${path} has ${key}`);
	}
});

test('list-maps name their keys, quantities may be text or number, parameters are the engine\'s own', t => {
	const at = (path: string): Json => places.find(([one]) => one === path)?.[1];
	t.like(at('Service.spec.images'), {'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name']});
	t.true(at('Service.spec.images.resources.cpu')['x-kubernetes-int-or-string']);
	t.true(at('Service.spec.images.parameters')['x-kubernetes-preserve-unknown-fields']);
	t.deepEqual(motey.components.schemas['io.motey.v1.Service'].properties.metadata.allOf, [{$ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'}]);
});

test('explain finds a kind by its path and its mark', t => {
	t.deepEqual(motey.paths['/apis/motey.io/v1/namespaces/{namespace}/services'].get['x-kubernetes-group-version-kind'], {group: 'motey.io', version: 'v1', kind: 'Service'});
	t.deepEqual(motey.components.schemas['io.motey.v1.Service']['x-kubernetes-group-version-kind'], [{group: 'motey.io', version: 'v1', kind: 'Service'}]);
	t.deepEqual(documents['api/v1'].paths['/api/v1/nodes'].get['x-kubernetes-group-version-kind'], {group: '', version: 'v1', kind: 'Node'});
});

test('a change at one instant is described, with what is asked and what is answered', t => {
	const {post} = motey.paths['/apis/motey.io/v1/switches'];
	t.is(post.requestBody.content['application/json'].schema.$ref, '#/components/schemas/io.motey.v1.Switch');
	const {spec, status} = motey.components.schemas['io.motey.v1.Switch'].properties;
	t.deepEqual([Object.keys(spec.properties), spec.properties.services.items.$ref], [['at', 'inMs', 'services'], '#/components/schemas/io.motey.v1.Service']);
	t.deepEqual(Object.keys(status.properties.nodes.items.properties), ['name', 'id', 'vote', 'reason', 'switched', 'deviationMs', 'boundMs']);
});

test('writing operations list the parameters that clients look for', t => {
	const names = (path: string, method: string): string[] => swagger.paths[path]![method]!.parameters.map(one => one.name);
	t.deepEqual(names('/apis/motey.io/v1/namespaces/{namespace}/services', 'post'), ['dryRun', 'fieldManager', 'fieldValidation']);
	t.deepEqual(names('/apis/motey.io/v1/namespaces/{namespace}/services/{name}', 'patch'), ['dryRun', 'fieldManager', 'fieldValidation', 'force']);
});

test('the protobuf form holds what the JSON form holds, field by field', t => {
	const document = decode(encodeSwagger(swagger));
	t.is(string(document, 1), '2.0');
	t.deepEqual(messages(messages(document, 8)[0]!, 2).map(path => string(path, 1)), Object.keys(swagger.paths));
	const definitions = messages(messages(document, 9)[0]!, 1);
	t.deepEqual(definitions.map(one => string(one, 1)), Object.keys(swagger.definitions));
	const service = messages(definitions.find(one => string(one, 1) === 'io.motey.v1.Service')!, 2)[0]!;
	const properties = messages(messages(service, 25)[0]!, 1);
	t.deepEqual(properties.map(one => string(one, 1)).sort(), ['apiVersion', 'kind', 'metadata', 'spec', 'status']);
	const mark = messages(service, 31)[0]!;
	t.is(string(mark, 1), 'x-kubernetes-group-version-kind');
	t.deepEqual(JSON.parse(string(messages(mark, 2)[0]!, 2)), [{group: 'motey.io', version: 'v1', kind: 'Service'}]);
	const long = string(service, 4);
	t.true(long.length > 0);
});

test('documents are found by their hash and may be kept for ever', async t => {
	await using api = await serveTestApi();
	const {paths} = (await api.call('GET', '/openapi/v3')).body;
	t.deepEqual(Object.keys(paths).sort(), ['api/v1', 'apis/events.k8s.io/v1', 'apis/motey.io/v1']);
	const answer = await api.call('GET', paths['apis/motey.io/v1'].serverRelativeURL);
	t.regex(answer.headers.get('cache-control') ?? '', /immutable/u);
	t.true(Date.parse(answer.headers.get('expires') ?? '') > Date.now() + 86_400_000);
	t.like(answer.body, {openapi: '3.0.0'});
	const stale = await api.call('GET', '/openapi/v3/apis/motey.io/v1?hash=OLD');
	t.is(stale.headers.get('cache-control'), null);
	t.is((await api.call('GET', '/openapi/v3/apis/nobody/v1')).status, 404);

	const protobuf = await api.open('/openapi/v2', {accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'});
	t.is(protobuf.headers.get('content-type'), 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf');
	t.deepEqual(Buffer.from(await protobuf.arrayBuffer()), encodeSwagger(swagger));
	t.like((await api.call('GET', '/openapi/v2')).body, {swagger: '2.0'});
});

type Message = ReadonlyMap<number, readonly Buffer[]>;

/** Fields of a message of which all are of wire type 2, as ours are. */
function decode(bytes: Buffer): Message {
	const found = new Map<number, Buffer[]>();
	let at = 0;
	const varint = (): number => {
		let value = 0;
		for (let shift = 1; ; shift *= 128) {
			const byte = bytes[at]!;
			at += 1;
			value += (byte % 128) * shift;
			if (byte < 128) return value;
		}
	};
	while (at < bytes.length) {
		const tag = varint();
		const length = varint();
		found.set(Math.floor(tag / 8), [...(found.get(Math.floor(tag / 8)) ?? []), bytes.subarray(at, at + length)]);
		at += length;
	}
	return found;
}

const messages = (message: Message, field: number): Message[] => (message.get(field) ?? []).map(decode);
const string = (message: Message, field: number): string => String(message.get(field)?.[0] ?? '');
