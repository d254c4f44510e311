import { usage } from '../cli-error.ts';
import { readInventory } from '../inventory.ts';
import { type ClusterFlags, withSession } from '../session.ts';
import { SHELLS } from '../shells.ts';
import { say, sayText } from '../terminal/output.ts';

/** Completions of one command. */
export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly string[];
  /** Whether it takes the name of a Rollout or Release. */
  readonly named: boolean;
  /** What it takes as its argument, where that is one of a few words. */
  readonly values?: readonly string[];
}

/** A text escaped for single quotes. */
const quoted = (text: string): string => text.replaceAll("'", '’');

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map(({ name, flags, named, values = [] }) => {
    const completed = named ? ' $(sluice names 2>/dev/null)' : values.map((value) => ` ${value}`).join('');
    return `    ${name}) words="${flags.join(' ')}"; [[ $current == -* ]] || words="$words${completed}" ;;`;
  });
  return `# bash completion of sluice: source <(sluice completion bash)
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [[ $COMP_CWORD -eq 1 ]]; then words="${commands.map(({ name }) => name).join(' ')}"; else
    case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _sluice sluice kubectl-sluice`;
}

function zsh(commands: readonly CommandWords[]): string {
  const list = commands.map(
    ({ name, description }) => `    '${name}:${quoted(description).replaceAll(':', '\\:')}'`,
  );
  const cases = commands.map(({ name, flags, named, values }) => {
    const completed = named ? '; compadd -- $(sluice names 2>/dev/null)' : values ? '' : '; _files';
    return `    ${name}) compadd -- ${[...flags, ...(values ?? [])].join(' ')}${completed} ;;`;
  });
  return `#compdef sluice kubectl-sluice
# zsh completion of sluice: source <(sluice completion zsh)
_sluice() {
  local -a commands=(
${list.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
${cases.join('\n')}
  esac
}
compdef _sluice sluice kubectl-sluice`;
}

function fish(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, description, flags, named, values }) => [
    `complete -c sluice -n __fish_use_subcommand -f -a ${name} -d '${quoted(description)}'`,
    ...flags.map((flag) =>
      flag.startsWith('--')
        ? `complete -c sluice -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`
        : `complete -c sluice -n '__fish_seen_subcommand_from ${name}' -s ${flag.slice(1)}`,
    ),
    ...(named
      ? [`complete -c sluice -n '__fish_seen_subcommand_from ${name}' -f -a '(sluice names 2>/dev/null)'`]
      : []),
    ...(values
      ? [`complete -c sluice -n '__fish_seen_subcommand_from ${name}' -f -a '${values.join(' ')}'`]
      : []),
  ]);
  return ['# fish completion of sluice: sluice completion fish | source', ...lines].join('\n');
}

/** The completion script of a shell, for commands, flags and names. */
export function view(shell: string, commands: readonly CommandWords[]): string {
  if (shell === 'bash') return bash(commands);
  if (shell === 'zsh') return zsh(commands);
  if (shell === 'fish') return fish(commands);
  throw usage(`there is no completion for "${shell}"`, `write one of ${SHELLS.join(', ')}`);
}

/** `sluice completion SHELL`. */
export function run(shell: string, commands: readonly CommandWords[]): void {
  sayText(view(shell, commands));
}

/** `sluice names`: for completion. */
export async function names(flags: ClusterFlags): Promise<void> {
  const { rollouts, releases } = await withSession(flags, (session) => readInventory(session));
  say(
    ...rollouts.map(({ metadata }) => metadata.name),
    ...releases.map(({ metadata }) => `release/${metadata.name}`),
  );
}
