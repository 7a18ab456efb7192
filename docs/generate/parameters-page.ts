import {vocabulary} from '../../controller/engines/docker/parameters/read-parameters.js';
import type {AcceptedKeyword, Keyword} from '../../controller/engines/docker/parameters/keyword.js';
import {processVocabulary} from '../../controller/engines/docker/parameters/vocabulary-process.js';
import {networkVocabulary} from '../../controller/engines/docker/parameters/vocabulary-network.js';
import {storageVocabulary} from '../../controller/engines/docker/parameters/vocabulary-storage.js';
import {limitsVocabulary} from '../../controller/engines/docker/parameters/vocabulary-limits.js';
import {processEngineVocabulary} from '../../controller/engines/process/vocabulary.js';
import {generatedNote} from './markdown.js';

const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1) + (text.endsWith('.') ? '' : '.');
const cell = (text: string): string => text.replaceAll('|', String.raw`\|`).replaceAll('<', '&lt;');
const spellingsOf = (name: string): readonly string[] => Object.entries(vocabulary).flatMap(([key, keyword]) => keyword.kind === 'alias' && keyword.of === name ? [key] : []);

function row(name: string, {type, becomes, standard, note, restricted}: AcceptedKeyword): string {
	const names = [name, ...spellingsOf(name)].map(each => `\`${each}\``).join(', ');
	const remarks = [
		...(standard === undefined ? [] : [`Default: ${standard}.`]),
		...(note === undefined ? [] : [sentence(note)]),
		...(restricted === undefined ? [] : [`**Policy:** ${restricted}.`]),
	];
	return `| ${names} | ${cell(type)} | ${becomes.split(', ').map(field => `\`${field}\``).join(', ')} | ${cell(remarks.join(' '))} |`;
}

function section(title: string, part: Readonly<Record<string, Keyword>>): readonly string[] {
	const rows = Object.entries(part).flatMap(([name, keyword]) => keyword.kind === 'accepted' ? [row(name, keyword)] : []);
	return [`## ${title}`, '', '| key | type | becomes, in the Engine API | remarks |', '|---|---|---|---|', ...rows, ''];
}

function processEngine(): readonly string[] {
	const rows = Object.entries(processEngineVocabulary.keywords).flatMap(([name, keyword]) => keyword.kind === 'accepted' ? [row(name, keyword)] : []);
	return [
		'# Parameters of the process engine',
		'',
		'The process engine runs a program of the host itself, without a container: `engine: process`, and `image: /path/of/program`. It is there when the node\'s own file names programs under `engines.process.allow`. A program runs in the foreground, in a session and process group of its own; what it starts ends with it, unless that begins a session of its own where nothing limits it. Health checks and `motey exec` run on the host as well, so they too run only what the file names. Its output goes to a log of its own for each run, standard output and error in one; while the node runs it is cut at 10 MB, and two older pieces are kept. `resources` limit it where the host has control groups and the node runs as root.',
		'',
		'Values are written as for the docker engine. Its other keys describe a container and are refused.',
		'',
		'| key | type | becomes | remarks |', '|---|---|---|---|', ...rows.map(line => line.replaceAll(/ \| `([a-z ]+)` \| /gu, ' | $1 | ')), '',
	];
}

/** The text of `docs/parameters.md`, made from the same table that the engine reads parameters with. */
export function parametersPage(): string {
	const refused = Object.entries(vocabulary).flatMap(([name, keyword]) => keyword.kind === 'refused' ? [`| \`${name}\` | ${cell(sentence(keyword.reason))} | ${cell(sentence(keyword.fix))} |`] : []);
	return [
		'# Parameters of the docker engine',
		'',
		generatedNote,
		'',
		'What may stand under `parameters:` of an image whose engine is `docker`: the arguments of docker-py\'s `run`, as the original Motey passed them on, and Compose\'s spellings of the same. Every key is typed. An unknown key, a wrong type and two spellings of one key are errors that name the place; nothing is ignored. A key whose value is null counts as not written.',
		'',
		'Sizes are bytes or text such as `64m` and `1g` (powers of 1024). Durations are nanoseconds or text such as `10s` and `1m30s`. Values of `environment` are strings or integers: `1.10`, `yes` and `010` mean different things to different YAML readers, so they must be quoted.',
		'',
		'Every container joins the bridge of its namespace, `motey_<namespace>`, unless `network_mode` says otherwise. There it is known as `<image>.<service>` and as `<service>`; within a service an image is reached by its bare name.',
		'',
		'**Policy** marks what the node has a say about. Without a word in the node\'s own `motey.yaml` the rules are the *baseline* of the Kubernetes Pod Security Standards. A refusal names the field, the rule and the line that would permit it; only the administrator of the node can add it.',
		'',
		...section('Process', processVocabulary),
		...section('Network', networkVocabulary),
		...section('Storage and devices', storageVocabulary),
		...section('Limits', limitsVocabulary),
		'## Not taken',
		'',
		'| key | why | instead |',
		'|---|---|---|',
		...refused,
		'',
		...processEngine(),
	].join('\n');
}
