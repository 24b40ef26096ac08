import { close, write } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { parseDuration } from '../../base/index.ts';
import type { LabSettings, SiteOptions } from '../../lab/index.ts';
import type { App } from '../app.ts';
import {
  etcdCaFlag,
  etcdCertFlag,
  etcdFlag,
  etcdKeyFlag,
  etcdOf,
  noteOtherStore,
  type EtcdFlags,
} from '../etcd-flags.ts';
import { controlPlaneFlag, envtestOf, noteControlPlane, type ControlPlaneFlag } from '../control-plane-flag.ts';
import { flag, outputFlag, positiveNumber } from '../options.ts';
import { homeFlag, homeOf, labOf, rehearsalOf, runningLab, type HomeFlags, type RehearsalFlags } from './lab-home.ts';
import { registerLabPackages } from './lab-packages.ts';
import { registerLabSites } from './lab-sites.ts';
import { printStatus } from './lab-status.ts';

interface LabFlags extends HomeFlags, EtcdFlags, ControlPlaneFlag {
  readonly speed?: number;
  readonly seed?: string;
  readonly hostIp?: string;
  readonly name?: ReadonlyMap<string, string>;
  readonly site?: readonly SiteOptions[];
  readonly idleTimeout?: number;
  readonly keep?: boolean;
}

interface BootstrapFlags extends LabFlags {
  readonly root: string;
  readonly kubernetesVersion?: string;
  readonly registryUsername?: string;
  readonly installerTls?: boolean;
}

interface BootstrapFlags extends LabFlags {
  readonly root: string;
  readonly at?: string;
  readonly kubernetesVersion?: string;
  readonly registryUsername?: string;
}

/** `lab up|down|status|bootstrap|retire`, and the hidden `lab serve` that is the lab's own process. */
export function registerLab(program: Command, app: App): void {
  const lab = program.command('lab').description('A small data centre on this machine, for rehearsals');

  settingsFlags(lab.command('up'))
    .description('Start the lab, or find the one that runs')
    .addOption(flag('--no-detach', 'stay in the foreground and print the log'))
    .addOption(outputFlag())
    .addHelpText(
      'after',
      `
Examples:
  globalctl lab up --home /tmp/lab --keep
  globalctl lab up --no-detach
  globalctl lab up --etcd http://127.0.0.1:2379     every cluster stores in a real etcd, below /globalctl/
  globalctl lab up --etcd https://etcd.example.com:2379 --etcd-ca ca.crt --etcd-cert client.crt --etcd-key client.key
  KUBEBUILDER_ASSETS=DIR globalctl lab up --control-plane envtest     kube-apiserver and etcd of that folder

A cluster's own etcd endpoint shows its keys as /registry/..., whatever stores them. What a lab keeps in an etcd goes
when the lab ends.`,
    )
    .action(async (flags: LabFlags & { detach: boolean; output: string }) => {
      if (!flags.detach) return await serve(app, flags);
      const { startLab } = await import('../../lab/index.ts');
      const client = await startLab({
        home: homeOf(app, flags),
        settings: settingsOf(app, flags),
        self: app.self,
        signal: app.signal,
      });
      await noteOtherStore(app, client, etcdOf(app, flags));
      await noteControlPlane(app, client, { envtest: envtestOf(app, flags) });
      await client.touch(flags.keep === true ? { keep: true } : {});
      printStatus(app, await client.status(), flags.output);
    });

  rehearsalOf(homeFlag(lab.command('down')))
    .description('Stop the lab and everything in it')
    .addHelpText(
      'after',
      `
Examples:
  globalctl lab down -f site.yaml        end the rehearsal of a site
  globalctl lab down --home /tmp/lab`,
    )
    .action(async (flags: LabFlags & RehearsalFlags, command: Command) => {
      const { LabClient } = await import('../../lab/index.ts');
      const home = await labOf(app, flags, command);
      const client = await LabClient.find(home);
      if (!client) return app.note(`no lab is running in ${home}`);
      await client.stop();
      app.note('the lab has been stopped');
    });

  rehearsalOf(homeFlag(lab.command('status')))
    .description('Show what runs in the lab, and at which addresses')
    .addOption(outputFlag())
    .addHelpText(
      'after',
      `
Examples:
  globalctl lab status -f site.yaml      the rehearsal of a site
  globalctl lab status --home /tmp/lab -o json`,
    )
    .action(async (flags: LabFlags & RehearsalFlags & { output: string }, command: Command) => {
      printStatus(app, await (await runningLab(app, flags, command)).status(), flags.output);
    });

  settingsFlags(lab.command('bootstrap'))
    .description("Boot the lab's management cluster minialauda (what the sample Core Package's setup.sh runs)")
    .addOption(
      flag('--root <folder>', 'root folder of the bootstrap host: files go below var/cpaas/data').makeOptionMandatory(),
    )
    .addOption(flag('--kubernetes-version <version>', 'version of minialauda'))
    .addOption(
      flag(
        '--registry-username <name>',
        'login that the embedded registry asks for; GLOBALCTL_REGISTRY_PASSWORD holds the password',
      ),
    )
    .addOption(flag('--installer-tls', "the installer serves TLS and wants a token, in place of the guide's HTTP"))
    .action(async (flags: BootstrapFlags) => {
      const { startLab } = await import('../../lab/index.ts');
      const client = await startLab({
        home: homeOf(app, flags),
        settings: settingsOf(app, flags),
        self: app.self,
        signal: app.signal,
      });
      const root = resolve(app.cwd, flags.root);
      const password = app.env['GLOBALCTL_REGISTRY_PASSWORD'];
      await client.bootstrap(
        {
          root,
          site: flags.at,
          hostIP: flags.hostIp,
          kubernetesVersion: flags.kubernetesVersion,
          installerTls: flags.installerTls,
          ...(flags.registryUsername !== undefined &&
            password !== undefined && { registryLogin: { username: flags.registryUsername, password } }),
        },
        app.signal,
      );
      app.print(join(root, 'var/cpaas/data/alauda.kubeconfig'));
    });

  homeFlag(lab.command('retire'))
    .description("Take the lab's management cluster down and leave the rest up (what the sample Core Package runs)")
    .addOption(flag('--root <folder>', 'root folder of the bootstrap host, where the lab has several sites'))
    .addHelpText(
      'after',
      `
Examples:
  globalctl lab retire --home /tmp/lab`,
    )
    .action(async (flags: HomeFlags & { root?: string }, command: Command) => {
      const client = await runningLab(app, flags, command);
      await client.retire(flags.root === undefined ? {} : { root: resolve(app.cwd, flags.root) }, app.signal);
      app.note('minialauda has been taken down');
    });

  registerLabSites(lab, app);
  registerLabPackages(lab, app);
  settingsFlags(lab.command('serve', { hidden: true })).action((flags: LabFlags) => serve(app, flags));
}

function settingsFlags(command: Command): Command {
  return homeFlag(command)
    .addOption(flag('--speed <factor>', 'seconds of simulated time in one second').argParser(positiveNumber))
    .addOption(flag('--seed <text>', 'the same seed gives the same run'))
    .addOption(flag('--host-ip <ip>', "the bootstrap host's address in the data centre").argParser(ipAddress))
    .addOption(
      flag('--name <domain=ip>', 'a name that the data centre resolves; may be repeated')
        // GLOBALCTL_NAME is the name of a site.
        .env('GLOBALCTL_LAB_NAME')
        .argParser(nameEntry),
    )
    .addOption(
      flag(
        '--site <name=ip[=root]>',
        'one of several sites, with the address and root folder of its bootstrap host; may be repeated',
      )
        .env('GLOBALCTL_LAB_SITES')
        .argParser(siteEntry),
    )
    .addOption(flag('--idle-timeout <duration>', 'the lab ends when nobody used it for so long').argParser(duration))
    .addOption(flag('--keep', 'do not end when idle'))
    .addOption(etcdFlag())
    .addOption(etcdCaFlag())
    .addOption(etcdCertFlag())
    .addOption(etcdKeyFlag())
    .addOption(controlPlaneFlag());
}

function ipAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError('give an IP address');
  return text;
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms <= 0) throw new InvalidArgumentError('give a duration such as 90s, 30m or 1h30m');
  return ms;
}

function nameEntry(text: string, before: ReadonlyMap<string, string> | undefined): Map<string, string> {
  const [name = '', ip = ''] = text.split('=');
  if (name === '' || isIP(ip) === 0)
    throw new InvalidArgumentError('give a name and an address: console.example.com=10.0.0.5');
  return new Map([...(before ?? []), [name, ip]]);
}

function siteEntry(text: string, before: readonly SiteOptions[] | undefined): SiteOptions[] {
  const [, name = '', hostIP = '', root] = /^([a-z0-9-]+)=([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (isIP(hostIP) === 0) throw new InvalidArgumentError('give a name and an address: standby=10.0.0.5');
  return [...(before ?? []), { name, hostIP, root }];
}

function settingsOf(app: App, flags: LabFlags): Partial<LabSettings> {
  const etcd = etcdOf(app, flags);
  const envtest = envtestOf(app, flags);
  return {
    ...(flags.speed !== undefined && { speed: flags.speed }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
    ...(flags.hostIp !== undefined && { hostIP: flags.hostIp }),
    ...(flags.name !== undefined && { names: flags.name }),
    ...(flags.site !== undefined && { sites: flags.site }),
    ...(flags.idleTimeout !== undefined && { idleTimeoutMs: flags.idleTimeout }),
    ...(flags.keep !== undefined && { keep: flags.keep }),
    ...(etcd && { etcd }),
    ...(envtest !== undefined && { envtest }),
  };
}

async function serve(app: App, flags: LabFlags): Promise<void> {
  const { defaultLabSettings, runLab } = await import('../../lab/index.ts');
  const log = (line: string): void => app.note(`${new Date(app.clock.now()).toISOString()} ${line}`);
  // Whoever read the log may have gone (`| head`); without this the report of a lost line would be the next lost line.
  process.stderr.on('error', () => undefined);
  // One simulated component that fails where nobody looks must not take the whole data centre with it.
  for (const defect of ['unhandledRejection', 'uncaughtException'] as const)
    process.on(defect, (error: unknown) =>
      log(`${defect}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`),
    );
  const outcome = await runLab({
    home: homeOf(app, flags),
    settings: { ...defaultLabSettings, ...settingsOf(app, flags) },
    signal: app.signal,
    clock: app.clock,
    log,
    onReady: () => announceReady(app),
  });
  app.note(`ended: ${outcome}`);
}

/** Whoever started this process waits on the other end of this pipe. */
function announceReady(app: App): void {
  const fd = Number(app.env['GLOBALCTL_LAB_READY_FD'] ?? '');
  if (!Number.isInteger(fd) || fd < 3) return;
  write(fd, 'ready\n', () => close(fd, () => undefined));
}
