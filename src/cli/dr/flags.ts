import { resolve } from 'node:path';
import type { Option } from 'commander';
import type { SideName } from '../../dr/index.ts';
import type { App } from '../app.ts';
import { flag } from '../options.ts';

export interface PairFlags {
  /** The two site files, in any order. */
  readonly filename: readonly string[];
  readonly primaryKubeconfig?: string;
  readonly standbyKubeconfig?: string;
}

/** `-f primary.yaml -f standby.yaml`; the environment variable holds both with a colon between them. */
export const pairFlag = (): Option =>
  flag('-f, --filename <file>', 'the site files of both sides; give the flag twice')
    .argParser((text, before: readonly string[] | undefined) => [...(before ?? []), ...text.split(':')])
    .makeOptionMandatory();

/** Kubeconfigs of sides that were installed from another host. */
export const sideKubeconfigFlags = (): readonly [Option, Option] => [
  flag(
    '--primary-kubeconfig <file>',
    "kubeconfig of the primary side's new cluster, when it was installed from another host",
  ),
  flag(
    '--standby-kubeconfig <file>',
    "kubeconfig of the standby side's new cluster, when it was installed from another host",
  ),
];

export const domainHookFlag = (): Option =>
  flag('--domain-hook <command>', 'command that leads the platform domain to a side; {domain} and {ip} are filled in');

export function sideKubeconfigs(app: App, flags: PairFlags): Partial<Record<SideName, string>> {
  const { primaryKubeconfig, standbyKubeconfig } = flags;
  return {
    ...(primaryKubeconfig !== undefined && { primary: resolve(app.cwd, primaryKubeconfig) }),
    ...(standbyKubeconfig !== undefined && { standby: resolve(app.cwd, standbyKubeconfig) }),
  };
}
