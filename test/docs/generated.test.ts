import {readFile} from 'node:fs/promises';
import test from 'ava';
import {moteyAnnotations} from '../../api/openapi/annotations.js';
import {readDocuments} from '../../api/documents/read-documents.js';
import {Config} from '../../controller/config/schema.js';
import {examples} from '../../docs/generate/examples.js';
import {pages} from '../../docs/generate/pages.js';
import {templateDefaults} from '../../docs/generate/reference.js';
import {Blueprint, blueprintToService} from '../../store/resources/blueprint.js';
import {Event} from '../../store/resources/event.js';
import {Instance} from '../../store/resources/instance.js';
import {Node} from '../../store/resources/node.js';
import {check} from '../../store/resources/problems.js';
import {ServiceInput} from '../../store/resources/service.js';

for (const {file, render} of pages) {
	test(`${file} says what the code says: otherwise run npm run docs`, async t => {
		t.is(await readFile(file, 'utf8'), render());
	});
}

const partOfConfig = Config.unwrap().partial();

const schemas = [
	['smallest', ServiceInput], ['service', ServiceInput], ['sameService', ServiceInput],
	['instance', Instance], ['node', Node], ['event', Event], ['blueprint', Blueprint], ['configuration', partOfConfig],
] as const;

const valueOf = (name: keyof typeof examples): unknown => {
	const reading = readDocuments(examples[name]);
	return reading.kind === 'documents' ? reading.documents[0]?.value : reading.errors;
};

for (const [name, schema] of schemas) {
	test(`the example "${name}" is taken as it stands`, t => {
		const checked = check(schema, valueOf(name));
		t.deepEqual(checked.ok ? [] : checked.problems, []);
	});
}

test('every example is checked', t => {
	t.deepEqual(Object.keys(examples).sort(), schemas.map(([name]) => name).sort());
});

test('the blueprint and the Service beside it are the same object', t => {
	const blueprint = check(Blueprint, valueOf('blueprint'));
	t.true(blueprint.ok);
	t.deepEqual(blueprint.ok ? blueprintToService(blueprint.value) : undefined, valueOf('sameService') as never);
});

test('the default that is told of a field is the one it gets', t => {
	for (const [field, value] of templateDefaults()) {
		t.true(moteyAnnotations.descriptions[`Service.spec.images.${field}`]?.endsWith(`Default: ${value}.`), field);
	}
});
