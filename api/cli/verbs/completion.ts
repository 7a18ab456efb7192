import {Argument, Command} from 'commander';
import {servedResources} from '../../kubernetes/resources-table.js';
import {withExamples} from '../client-verb.js';
import type {CliContext, Verb} from '../verb.js';

const takesKind = ['get', 'describe', 'delete', 'wait'];
const takesService = ['logs', 'restart', 'scale'];
const nested: Readonly<Record<string, string>> = {node: 'list status cordon uncordon orphans', capability: 'add remove list', token: 'create list delete', top: 'instances nodes', completion: 'bash zsh', store: 'check backup restore salvage'};

/** `motey completion`. */
export function build({io, verbs}: CliContext): Command {
	return withExamples(new Command('completion').description('Print a completion script for bash or zsh.'), [
		'source <(motey completion bash)', 'motey completion bash > /etc/bash_completion.d/motey', 'motey completion zsh > "${fpath[1]}/_motey"',
	])
		.addArgument(new Argument('<shell>', 'which').choices(['bash', 'zsh']))
		.action(async (shell: string) => {
			const options = await optionsOf(verbs);
			io.stdout.write(shell === 'bash' ? bash(verbs, options) : zsh(verbs, options));
		});
}

async function optionsOf(verbs: readonly Verb[]): Promise<ReadonlyMap<string, string>> {
	const context = {verbs: [], end: () => undefined};
	const pairs = await Promise.all(verbs.map(async verb => {
		const {build: buildVerb} = await verb.load();
		const {Readable, Writable} = await import('node:stream');
		const io = {stdin: Readable.from([]), stdout: new Writable(), stderr: new Writable(), environment: {contextFile: '', runDir: '', noColour: true, terminal: ''}, signal: new AbortController().signal};
		const command = buildVerb({...context, io});
		const all = [command, ...command.commands].flatMap(one => one.options.map(option => option.long ?? option.short ?? ''));
		return [verb.name, [...new Set(all), '--help'].join(' ')] as const;
	}));
	return new Map(pairs);
}

function kindWords(): string {
	return [...new Set(servedResources.flatMap(one => [one.plural, one.singular]))].sort().join(' ');
}

function cases(options: ReadonlyMap<string, string>, pick: (verb: string) => string): string {
	return [...options.keys()].flatMap(verb => (pick(verb) === '' ? [] : [`\t\t${verb}) words="${pick(verb)}" ;;`])).join('\n');
}

function bash(verbs: readonly Verb[], options: ReadonlyMap<string, string>): string {
	return `# bash completion of motey: source <(motey completion bash)
_motey() {
	local word="\${COMP_WORDS[COMP_CWORD]}" verb="\${COMP_WORDS[1]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
	COMPREPLY=()
	if [[ $COMP_CWORD -eq 1 ]]; then
		COMPREPLY=($(compgen -W "${verbs.map(verb => verb.name).join(' ')} --help --version" -- "$word"))
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
${cases(options, verb => options.get(verb) ?? '')}
		esac
	elif [[ $COMP_CWORD -eq 2 ]]; then
		case "$verb" in
${cases(options, verb => nested[verb] ?? (takesKind.includes(verb) ? kindWords() : ''))}
		${takesService.join('|')}) words="$(motey get services -o name 2>/dev/null | sed 's,.*/,,')" ;;
		esac
	else
		case "$verb" in
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
function zsh(verbs: readonly Verb[], options: ReadonlyMap<string, string>): string {
	return `#compdef motey\nautoload -U +X bashcompinit && bashcompinit\n${bash(verbs, options)}`;
}
