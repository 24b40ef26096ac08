import { PassThrough } from 'node:stream';
import type { Command, Option } from 'commander';
import { exitCodes, Redactor, systemClock } from '../../base/index.ts';
import type { App } from '../app.ts';
import { commands } from '../commands/index.ts';
import { createProgram } from '../program.ts';

/** docs/commands.md: every command that a person calls, with its flags, their environment variables and its examples. */
export function commandsPage(): string {
  const program = createProgram(silentApp(), commands);
  const sections = visibleCommands(program).flatMap((command) => leaves(command));
  return `# Commands

Generated from the program; do not edit. \`globalctl COMMAND --help\` shows the same in the terminal.

\`globalctl --version\` prints the version. Every flag can be given by its environment variable in place of the command line; what
stands on the command line wins. The answer goes to stdout, everything else to stderr. \`NO_COLOR\` turns colours off.

${sections.map((c) => `- [\`globalctl ${pathOf(c)}\`](#globalctl-${pathOf(c).replaceAll(' ', '-')}): ${lowerFirst(c.description())}`).join('\n')}

${sections.map(section).join('\n\n')}

## Other environment variables

| Variable | Meaning |
| --- | --- |
| \`GLOBALCTL_HELM\`, \`GLOBALCTL_KUBECTL\` | path of the program, in place of the one on PATH |
| \`GLOBALCTL_DEBUG\` | with any value, a defect (\`INTERNAL\`) also prints where it happened |
| \`XDG_STATE_HOME\`, \`XDG_CACHE_HOME\` | where rehearsals keep their state, and sample packages and unpacked programs lie |
| \`NO_COLOR\` | with any value, no colours |

## Exit codes

| Exit code | Class |
| --- | --- |
${Object.entries(exitCodes)
  .map(([name, code]) => `| ${String(code)} | ${name} |`)
  .join('\n')}

[Errors](errors.md) has the codes of each class.
`;
}

function leaves(command: Command): Command[] {
  const children = visibleCommands(command);
  return children.length === 0 ? [command] : children.flatMap(leaves);
}

function visibleCommands(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((c) => c.name() !== 'help');
}

function pathOf(command: Command): string {
  return command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function section(command: Command): string {
  const help = command.createHelp();
  const usage = help.commandUsage(command);
  const args = help
    .visibleArguments(command)
    .map((a) => `- \`${a.name()}\`: ${a.description}${choicesOf(a.argChoices)}`);
  const options = help.visibleOptions(command).filter((o) => o.long !== '--help');
  const rows = options.map((o) => `| \`${o.flags}\` | ${variableOf(o)} | ${cell(meaningOf(o))} |`);
  const table = ['| Flag | Environment variable | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
  return [
    `## globalctl ${pathOf(command)}`,
    `${command.description()}.`,
    `\`\`\`text\n${usage}\n\`\`\``,
    ...(args.length > 0 ? [args.join('\n')] : []),
    ...(rows.length > 0 ? [table] : []),
    `\`\`\`text\n${afterHelp(command)}\n\`\`\``,
  ].join('\n\n');
}

function variableOf(option: Option): string {
  return option.envVar === undefined ? '' : `\`${option.envVar}\``;
}

function meaningOf({ description, mandatory, defaultValue, argChoices }: Option): string {
  const notes = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices ? [argChoices.join(', ')] : []),
    ...(defaultValue === undefined || defaultValue === false ? [] : [`default ${String(defaultValue)}`]),
  ];
  return notes.length > 0 ? `${description} (${notes.join('; ')})` : description;
}

function choicesOf(choices: readonly string[] | undefined): string {
  return choices === undefined ? '' : ` (${choices.join(', ')})`;
}

/** The notes and examples below a command's list of flags. */
function afterHelp(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text.slice(text.indexOf(command.helpInformation()) + command.helpInformation().length).trim();
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** A process that nobody sees: describing the commands runs none of them. */
function silentApp(): App {
  return {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    stdin: process.stdin,
    env: {},
    cwd: '/',
    clock: systemClock,
    signal: new AbortController().signal,
    redactor: new Redactor(),
    print: () => undefined,
    note: () => undefined,
    self: { program: '', args: [] },
    exitCode: exitCodes.ok,
  };
}
