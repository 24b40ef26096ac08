import { InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../base/index.ts';

/** Environment variable of a flag: `--output` is GLOBALCTL_OUTPUT. */
export function environmentVariable(longFlag: string): string {
  return `GLOBALCTL_${longFlag
    .replace(/^--(no-)?/, '')
    .replaceAll('-', '_')
    .toUpperCase()}`;
}

/** A flag that can also be given by its environment variable, as every flag can. */
export function flag(flags: string, description: string): Option {
  const option = new Option(flags, description);
  return option.long === undefined ? option : option.env(environmentVariable(option.long));
}

export const siteFlag = (): Option => flag('-f, --filename <file>', 'the site file').makeOptionMandatory();

export const outputFlag = (): Option =>
  flag('-o, --output <format>', 'form of the answer on stdout').choices(['text', 'json']).default('text');

export const yesFlag = (): Option => flag('-y, --yes', 'answer every question with yes').default(false);

export const verboseFlag = (): Option => flag('-v, --verbose', 'say more on stderr').default(false);

export const kubeconfigFlag = (): Option =>
  flag('--kubeconfig <file>', 'kubeconfig to use in place of the one that the bootstrap wrote');

export const timeoutFlag = (): Option =>
  flag('--timeout <duration>', 'limit for each wait, such as 90s, 30m or 1h30m').argParser((text) => {
    const ms = parseDuration(text);
    if (ms === undefined || ms <= 0) throw new InvalidArgumentError('give a duration such as 90s, 30m or 1h30m');
    return ms;
  });

/** Parses a whole or decimal number above zero. */
export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('give a number above 0');
  return value;
}

/** `--rehearsal` and `--state-dir`, for commands that look at an installation. */
export const rehearsalFlags = (): readonly [Option, Option] => [
  flag('--rehearsal', 'look at the rehearsal of the site that rehearse --keep left up').default(false),
  flag('--state-dir <dir>', 'folder of the rehearsal, as it was given to rehearse'),
];
