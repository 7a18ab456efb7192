import {actionSchemas, eventSchema, sharedSchemas, type ActionSchema} from '../../controller/engines/external/schemas.js';
import {generatedNote} from './markdown.js';

const lineLength = 140;
const names = new Map(Object.entries(sharedSchemas()).map(([name, schema]) => [JSON.stringify(schema), name]));

/** JSON on one line where it fits, so that a schema can be taken in at a glance; what has a name of its own stands there by it. */
function laidOut(value: unknown, indent = ''): string {
	const short = JSON.stringify(value);
	const name = names.get(short);
	if (name !== undefined && indent !== '') return `{"$ref": "#${name}"}`;
	if (short.length + indent.length <= lineLength || typeof value !== 'object' || value === null) return short.replaceAll('":', '": ').replaceAll(',"', ', "');
	const inner = `${indent}  `;
	const [open, close] = Array.isArray(value) ? '[]' : '{}';
	const entries = Array.isArray(value) ? value.map(each => laidOut(each, inner)) : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${laidOut(each, inner)}`);
	return `${open}\n${entries.map(entry => inner + entry).join(',\n')}\n${indent}${close}`;
}

const block = (schema: unknown): readonly string[] => ['```json', laidOut(schema), '```', ''];

function action({name, summary, data, answer, deadlineMs}: ActionSchema): readonly string[] {
	return [`### ${name}`, '', `${summary.charAt(0).toUpperCase()}${summary.slice(1)}. Answered within ${deadlineMs / 1000} s${name === 'stop' ? ' beyond the grace' : ''}.`, '', 'Data:', '', ...block(data), 'Answer:', '', ...block(answer)];
}

/** The text of `docs/engines.md`, made from the very schemas that the node parses answers with. */
export function enginesPage(): string {
	return [
		'# Bring an engine of your own',
		'',
		generatedNote,
		'',
		'An engine runs what Services ask for. Motey has two that do (`docker` and `process`, see [Parameters](parameters.md)) and takes more from programs in any language: a program on the node\'s host registers as a worker, and is then an engine like the others.',
		'',
		'[hostrun.py](../manifests/engines/hostrun.py) is a whole one in Python: it runs programs of the host, finds them again when it is started anew, and passes the same test suite as the built-in engines. Try it:',
		'',
		'```sh',
		'# /etc/motey/motey.yaml, then: motey restart',
		'#   engines: {external: {allow: [hostrun]}}',
		'sudo python3 manifests/engines/hostrun.py ipc:///run/motey/mdp.sock hostrun /var/lib/hostrun &',
		'motey capability list --show-source     # hostrun  val  engine',
		'motey apply -f - <<END',
		'{service_name: nap, images: [{name: nap, image: /bin/sleep, engine: hostrun, parameters: {command: ["1000"]}}]}',
		'END',
		'```',
		'',
		'## How it attaches',
		'',
		'1. The node\'s own file allows the name: `engines: {external: {allow: [NAME]}}`.',
		'2. The program connects to the socket `mdp.sock` in the run directory and registers as the worker `val.NAME`, by [Majordomo 0.1](https://rfc.zeromq.org/spec/7/). Whoever may write to the socket may bring the engine. It sends heartbeats every second; three missed, and it is lost. A worker has one request at a time, so register as many as are to be worked on at once. Only its own node asks it; to other nodes the name is `Forbidden`.',
		'3. The node asks `health`. From then on it has the capability `NAME` of type `val`, and images with `engine: NAME` run here.',
		'4. When the last worker goes, the capability goes, and the instances turn `Unknown`: nobody knows what became of them, so nothing is started elsewhere. When it is back, the node asks what there is and goes on with it.',
		'',
		'A request is `[action][data][meta]`, its answer `[<action>.result][answer][meta]` or `[<action>.error][{code, message, fix?}][meta]`, each JSON and at most 1 MiB; the meta goes back as it came. Whatever does not fit the schema is taken for a failure and changes nothing; so is a `start` that tells of another name, uid or specHash than it was asked for. Codes: `NotFound` (nothing of that name and uid; for `prepare`: no such image), `Conflict` (something else has the name), `BadRequest` (it can never run like this), `Forbidden` (it is not permitted here), `Internal`. Every action may come twice, so it must be safe to repeat: already so is success.',
		'',
		'The program tells what happens by itself with a request of its own: `engine.event` at the service `val`. An event is a hint; the node then asks. That one is lost harms little, since everything is looked at twice a minute; `relist` is followed once a second at most.',
		'',
		...block(eventSchema()),
		'## Shapes',
		'',
		'What several actions have.',
		'',
		...Object.entries(sharedSchemas()).flatMap(([name, schema]) => [`### ${name}`, '', ...block(schema)]),
		'## Actions',
		'',
		...actionSchemas().flatMap(action),
	].join('\n');
}
