import { Command } from 'commander';
import type { App } from './app.ts';
import { version } from './version.ts';

/** A file of commands/ registers its command here; what it does is loaded only when it is called. */
export type RegisterCommand = (program: Command, app: App) => void;

export function createProgram(app: App, commands: readonly RegisterCommand[]): Command {
  const program = new Command('globalctl')
    .description('Installs the global cluster of the container platform on an immutable operating system.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showHelpAfterError('(add --help for the flags and examples of this command)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void app.stdout.write(text),
      writeErr: (text) => void app.stderr.write(text),
    })
    .addHelpText(
      'after',
      `
Exit codes: 0 success, 1 defect, 2 usage, 3 site file, 4 manifest findings, 5 precondition, 6 API unreachable,
7 step failed or timed out, 8 verification failed, 9 package, 130 interrupted. See docs/errors.md.

Examples:
  globalctl init --provider dcs           write a commented site file
  globalctl validate -f site.yaml         find every mistake before anything is created
  globalctl rehearse -f site.yaml         run all nine steps against the embedded lab
  globalctl install -f site.yaml          install, or go on with an interrupted installation`,
    );
  for (const register of commands) register(program, app);
  inheritSettings(program);
  return program;
}

/** Subcommands throw instead of exiting, and write where the program writes. */
function inheritSettings(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    child.helpOption('-h, --help', 'show help');
    inheritSettings(child);
  }
}
