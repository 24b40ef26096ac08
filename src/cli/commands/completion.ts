import { Argument, type Command, type Option } from 'commander';
import type { App } from '../app.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export function registerCompletion(program: Command, app: App): void {
  program
    .command('completion')
    .description('Print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      `
Examples:
  source <(globalctl completion bash)
  globalctl completion zsh > "\${fpath[1]}/_globalctl"
  globalctl completion fish > ~/.config/fish/completions/globalctl.fish`,
    )
    .action((shell: Shell) => {
      app.print(generators[shell](describe(program)));
    });
}

interface CommandWords {
  /** `lab up`; empty for the program itself. */
  readonly path: string;
  readonly description: string;
  readonly children: readonly string[];
  readonly flags: readonly {
    readonly words: readonly string[];
    readonly takesFile: boolean;
    readonly choices: readonly string[];
    readonly description: string;
  }[];
}

function visible(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((c) => c.name() !== 'help');
}

function describe(command: Command, path: readonly string[] = []): CommandWords[] {
  const own: CommandWords = {
    path: path.join(' '),
    description: command.description(),
    children: visible(command).map((c) => c.name()),
    flags: command
      .createHelp()
      .visibleOptions(command)
      .map((option: Option) => ({
        words: [option.short, option.long].filter((word): word is string => word !== undefined && word !== null),
        takesFile: /<(file|dir|path)>/.test(option.flags),
        choices: option.argChoices ?? [],
        description: option.description,
      })),
  };
  return [own, ...visible(command).flatMap((child) => describe(child, [...path, child.name()]))];
}

function bash(commands: readonly CommandWords[]): string {
  const cases = commands.map((c) => {
    const words = [...c.children, ...c.flags.flatMap((f) => f.words)].join(' ');
    return `    ${JSON.stringify(c.path)}) words=${JSON.stringify(words)} ;;`;
  });
  const values = [
    ...new Map(
      commands
        .flatMap((c) => c.flags)
        .filter((f) => f.choices.length > 0)
        .map((f) => [f.words.join('|'), f]),
    ).values(),
  ].map(
    (f) =>
      `    ${f.words.join('|')}) COMPREPLY=($(compgen -W ${JSON.stringify(f.choices.join(' '))} -- "$current")); return ;;`,
  );
  const files = [
    ...new Set(
      commands
        .flatMap((c) => c.flags)
        .filter((f) => f.takesFile)
        .flatMap((f) => f.words),
    ),
  ];
  return `# globalctl completion for bash
_globalctl() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word words=""
  case "$previous" in
${values.join('\n')}
    ${files.join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;;
  esac
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${commands
  .filter((c) => c.path !== '')
  .map(
    (c) =>
      `      ${JSON.stringify(`${c.path.split(' ').slice(0, -1).join(' ')} ${c.path.split(' ').at(-1) ?? ''}`)}) path=${JSON.stringify(c.path)} ;;`,
  )
  .join('\n')}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _globalctl globalctl`;
}

/** zsh runs bash completions through its own compatibility layer. */
function zsh(commands: readonly CommandWords[]): string {
  return `#compdef globalctl
autoload -U +X bashcompinit && bashcompinit
${bash(commands)}`;
}

function fish(commands: readonly CommandWords[]): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  return commands
    .flatMap((c) => {
      const condition =
        c.path === ''
          ? '__fish_use_subcommand'
          : c.path
              .split(' ')
              .map((w) => `__fish_seen_subcommand_from ${w}`)
              .join('; and ');
      const children = c.children.map((name) => {
        const child = commands.find((x) => x.path === [c.path, name].filter((p) => p !== '').join(' '));
        return `complete -c globalctl -f -n ${quote(condition)} -a ${name} -d ${quote(child?.description ?? '')}`;
      });
      const flags = c.flags.map((f) => {
        const names = f.words.map((w) => (w.startsWith('--') ? `-l ${w.slice(2)}` : `-s ${w.slice(1)}`)).join(' ');
        const value = f.choices.length > 0 ? ` -x -a ${quote(f.choices.join(' '))}` : f.takesFile ? ' -r -F' : '';
        return `complete -c globalctl -n ${quote(condition)} ${names}${value} -d ${quote(f.description)}`;
      });
      return [...children, ...flags];
    })
    .join('\n');
}

const generators: Record<Shell, (commands: readonly CommandWords[]) => string> = { bash, zsh, fish };
