import {Argument, Command} from 'commander';
import {servedResources} from '../../kubernetes/resources-table.js';
import {withExamples} from '../client-verb.js';
import type {CliContext, Verb} from '../verb.js';

const takesKind = ['get', 'describe', 'delete', 'wait'];
const takesService = ['logs', 'restart', 'scale', 'why', 'exec'];

/** What may follow a verb, each blank-separated. */
interface VerbWords {
	readonly options: string;
	/** Its own verbs, or the choices of its first argument; empty when it has neither. */
	readonly second: string;
}

/** `motey completion`. */
export function build({io, verbs}: CliContext): Command {
	return withExamples(new Command('completion').description('Print a completion script for bash or zsh.'), [
		'source <(motey completion bash)', 'motey completion bash > /etc/bash_completion.d/motey', 'motey completion zsh > "${fpath[1]}/_motey"',
	])
		.addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh']))
		.action(async (shell: string) => {
			const words = await wordsOf(verbs);
			io.stdout.write(shell === 'bash' ? bash(words) : zsh(words));
		});
}

async function wordsOf(verbs: readonly Verb[]): Promise<ReadonlyMap<string, VerbWords>> {
	const context = {verbs: [], end: () => undefined};
	const pairs = await Promise.all(verbs.map(async verb => {
		const {build: buildVerb} = await verb.load();
		const {Readable, Writable} = await import('node:stream');
		const io = {stdin: Readable.from([]), stdout: new Writable(), stderr: new Writable(), environment: {contextFile: '', runDir: '', noColour: true, terminal: ''}, signal: new AbortController().signal};
		const command = buildVerb({...context, io});
		const all = [command, ...command.commands].flatMap(one => one.options.map(option => option.long ?? option.short ?? ''));
		const second = [...command.commands.map(one => one.name()), ...command.registeredArguments[0]?.argChoices ?? []];
		return [verb.name, {options: [...new Set(all), '--help'].join(' '), second: second.join(' ')}] as const;
	}));
	return new Map(pairs);
}

function kindWords(): string {
	return [...new Set(servedResources.flatMap(one => [one.plural, one.singular]))].sort().join(' ');
}

function cases(words: ReadonlyMap<string, VerbWords>, pick: (verb: string, of: VerbWords) => string): string {
	return [...words].flatMap(([verb, of]) => (pick(verb, of) === '' ? [] : [`\t\t${verb}) words="${pick(verb, of)}" ;;`])).join('\n');
}

function bash(all: ReadonlyMap<string, VerbWords>): string {
	return `# bash completion of motey: source <(motey completion bash)
_motey() {
	local word="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 ]]; then
		COMPREPLY=($(compgen -W "${[...all.keys()].join(' ')} --help --version" -- "$word"))
		return
	fi
	if [[ $previous == -f || $previous == --filename ]]; then
		COMPREPLY=($(compgen -f -- "$word"))
		return
	fi
	if [[ $previous == -o || $previous == --output ]]; then
		COMPREPLY=($(compgen -W "wide yaml json name" -- "$word"))
		return
	fi
	if [[ $word == -* ]]; then
		case "$verb" in
${cases(all, (_, {options}) => options)}
		esac
	elif [[ $COMP_CWORD -eq 2 ]]; then
		case "$verb" in
${cases(all, (verb, {second}) => (takesKind.includes(verb) ? kindWords() : second))}
		${takesService.join('|')}) words="$(motey get services -o name 2>/dev/null | sed 's,.*/,,')" ;;
		rehearse) words="$(motey get nodes -o name 2>/dev/null | sed 's,.*/,,')" ;;
		esac
	else
		case "$verb" in
		node) words="$(motey get nodes -o name 2>/dev/null | sed 's,.*/,,')" ;;
		${takesKind.join('|')}) words="$(motey get "\${COMP_WORDS[2]}" -o name 2>/dev/null | sed 's,.*/,,')" ;;
		${takesService.join('|')}) words="$(motey get services -o name 2>/dev/null | sed 's,.*/,,')" ;;
		esac
	fi
	COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -F _motey motey
`;
}

/** zsh runs bash's completions. @see zshcompsys(1), bashcompinit */
function zsh(all: ReadonlyMap<string, VerbWords>): string {
	return `#compdef motey\nautoload -U +X bashcompinit && bashcompinit\n${bash(all)}`;
}
