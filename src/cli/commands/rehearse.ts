import type { Command, Option } from 'commander';
import { randomUUID } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { EventStream, GlobalctlError, isGlobalctlError } from '../../base/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { etcdCaFlag, etcdCertFlag, etcdFlag, etcdKeyFlag, etcdOf, type EtcdFlags } from '../etcd-flags.ts';
import {
  controlPlaneFlag,
  envtestOf,
  noteControlPlane,
  noteEndedServers,
  type ControlPlaneFlag,
} from '../control-plane-flag.ts';
import { flag, outputFlag, positiveNumber, timeoutFlag, verboseFlag } from '../options.ts';
import { openSite } from '../site-file.ts';
import { version } from '../version.ts';
import { attachView } from '../view/attach.ts';
import { formatCriteria } from '../view/criteria.ts';

interface RehearseFlags extends EtcdFlags, ControlPlaneFlag {
  /** One, or with `dr` two. */
  readonly filename: readonly string[];
  readonly dr: boolean;
  readonly keep: boolean;
  readonly speed: number;
  readonly seed: string;
  readonly crds?: string;
  readonly stateDir?: string;
  readonly until?: string;
  readonly output: OutputFormat;
  readonly verbose: boolean;
  readonly timeout?: number;
}

/** How long the data centre of an interrupted or failed rehearsal waits for somebody to look at it or go on. */
const IDLE_TIMEOUT_MS = 30 * 60_000;

export function registerRehearse(program: Command, app: App): void {
  program
    .command('rehearse')
    .description('Run the nine steps against an embedded lab: nothing outside this machine is touched')
    .addOption(sitesFlag())
    .addOption(
      flag('--dr', 'rehearse disaster recovery with a pair of sites: install both, fail over and back')
        .env('GLOBALCTL_REHEARSE_DR')
        .default(false),
    )
    .addOption(flag('--keep', 'leave the data centre up and print its kubeconfigs').default(false))
    .addOption(
      flag('--speed <n>', 'how much faster than real the infrastructure works').argParser(positiveNumber).default(120),
    )
    .addOption(
      flag('--seed <text>', 'makes every random choice of the lab; the same seed gives the same run').default('1'),
    )
    .addOption(flag('--crds <dir>', "folder of CRDs to put into the sample charts in place of the lab's own"))
    .addOption(flag('--state-dir <dir>', 'folder of the rehearsal; below $XDG_STATE_HOME when absent'))
    .addOption(flag('--until <step>', 'stop after this step'))
    .addOption(etcdFlag())
    .addOption(etcdCaFlag())
    .addOption(etcdCertFlag())
    .addOption(etcdKeyFlag())
    .addOption(controlPlaneFlag())
    .addOption(outputFlag())
    .addOption(verboseFlag())
    .addOption(timeoutFlag())
    .addHelpText(
      'after',
      `
An interrupted rehearsal goes on when the same command is given again.

Examples:
  globalctl rehearse -f site.yaml
  globalctl rehearse -f site.yaml --keep          look around afterwards with kubectl and helm
  globalctl rehearse -f site.yaml --speed 600     as fast as this machine can
  globalctl rehearse -f site.yaml --crds ./crds   with the vendor's CRDs
  globalctl rehearse --dr -f primary.yaml -f standby.yaml
                                                  two sites: install both, fail over and back; 8 when machines are lost
  globalctl rehearse -f site.yaml --keep --etcd http://127.0.0.1:2379
                                                  the clusters store in a real etcd, below /globalctl/
  KUBEBUILDER_ASSETS=DIR globalctl rehearse -f site.yaml --control-plane envtest
                                                  on real API servers: DIR has kube-apiserver and etcd`,
    )
    .action(async (flags: RehearseFlags) => {
      if (flags.dr) {
        if (flags.until !== undefined)
          throw new GlobalctlError('USAGE', { message: '--until is a step of one installation; --dr has two' });
        const { rehearsePair } = await import('../rehearsal/pair/rehearse-pair.ts');
        return await rehearsePair(app, flags);
      }
      const filename = flags.filename.at(-1) ?? '';
      // As of any flag, the last one counts: a script names its file, whoever calls it may name another.
      if (flags.filename.length > 1) app.note(`rehearsing ${filename} alone; --dr rehearses both sides of a pair`);
      await rehearse(app, { ...flags, filename });
    });
}

function sitesFlag(): Option {
  return flag('-f, --filename <file>', 'the site file; with --dr those of both sides, the flag given twice')
    .argParser((text, before: readonly string[] | undefined) => [...(before ?? []), ...text.split(':')])
    .makeOptionMandatory();
}

async function rehearse(
  app: App,
  flags: Omit<RehearseFlags, 'filename'> & { readonly filename: string },
): Promise<void> {
  const { redactor } = app;
  const { loaded, provider } = await openSite(app, flags.filename, redactor);
  const [
    { Installation },
    { makeFolder, namesOf, openDataCentre, placesOf, writeDelivery },
    { rehearsedSite },
    { folderOfRehearsal },
    { cacheFolder },
    { buildSamplePackages },
    { afterwards },
    { findBinary },
  ] = await Promise.all([
    import('../../install/index.ts'),
    import('../rehearsal/data-centre.ts'),
    import('../rehearsal/rehearsed-site.ts'),
    import('../rehearsal/open-installation.ts'),
    import('../rehearsal/folders.ts'),
    import('../rehearsal/sample-packages.ts'),
    import('../rehearsal/afterwards.ts'),
    import('../../platform/helm/index.ts'),
  ]);
  const { site } = loaded;
  const etcd = etcdOf(app, flags);
  const envtest = envtestOf(app, flags);
  // A wrong word must not cost the start of a data centre.
  Installation.checkSelection({ until: flags.until });
  const folder = folderOfRehearsal(app, loaded, flags.stateDir);
  const places = placesOf(folder);
  await makeFolder(folder);
  // The AppRelease operator needs it minutes from now, where its lack would only show as a wait.
  await findBinary('helm', { env: app.env, signal: app.signal });
  const [lab, packages] = await Promise.all([
    openDataCentre(app, {
      lab: places.lab,
      hosts: [places.host],
      settings: { hostIP: site.bootstrap.hostIP, names: namesOf(site) },
      speed: flags.speed,
      seed: flags.seed,
      etcd,
      envtest,
      idleTimeoutMs: IDLE_TIMEOUT_MS,
    }),
    buildSamplePackages(app, { loaded, crdsFolder: flags.crds, cacheFolder: cacheFolder(app.env) }),
  ]);
  await writeDelivery(folder, packages);
  await noteControlPlane(app, lab, { envtest, kubernetesVersion: site.versions.kubernetes });
  // What setup.sh of the sample Core Package finds its lab by.
  app.env['GLOBALCTL_LAB'] = places.lab;
  // The installer of the rehearsal speaks the form that the site says; its flag is one of `lab bootstrap`.
  if (site.access.installer.tls === true) app.env['GLOBALCTL_INSTALLER_TLS'] = 'true';
  const events = new EventStream(() => app.clock.now());
  await using installation = new Installation({
    loaded: rehearsedSite(loaded, { hostRoot: places.host, proxy: lab.proxyUrl, packages }),
    provider,
    clock: app.clock,
    events,
    redactor,
    signal: app.signal,
  });
  const detach = attachView(app, events, { output: flags.output, verbose: flags.verbose, redactor });
  const say = afterwards({
    flags,
    bootstrapKubeconfig: installation.context.host.bootstrapKubeconfig,
    globalKubeconfig: installation.context.clusters.globalKubeconfigPath,
    journal: installation.journalPath,
  });
  try {
    await installation.run({
      command: 'rehearse',
      version,
      runId: randomUUID(),
      select: { until: flags.until },
      timeoutMs: flags.timeout,
    });
  } catch (error) {
    detach();
    // The other run is at work in the same data centre and will say all this by itself.
    if (!isGlobalctlError(error, 'LOCK_HELD')) {
      await noteEndedServers(app, lab);
      app.note(say.interrupted(app.signal.aborted ? 'stopped' : 'failed', IDLE_TIMEOUT_MS));
    }
    throw error;
  }
  detach();
  if (flags.until !== undefined && flags.until !== 'monitor') {
    await lab.touch({ keep: true });
    app.note(say.stoppedAfter(flags.until));
    return;
  }
  const criteria = await installation.verify();
  if (flags.output === 'json') app.print(JSON.stringify({ type: 'verification', criteria }));
  else app.print(formatCriteria(criteria));
  if (flags.keep) {
    await lab.touch({ keep: true });
    app.note(say.kept());
    return;
  }
  await installation[Symbol.asyncDispose]();
  // The reports of a run are worth more than the disk they take; they are safe before anything is taken down.
  await rm(places.lastRun, { recursive: true, force: true });
  await cp(installation.context.stateFolder, places.lastRun, { recursive: true });
  await lab.stop();
  await rm(places.host, { recursive: true, force: true });
  await rm(places.lab, { recursive: true, force: true });
  await rm(places.delivery, { force: true });
  app.note(`the data centre has been taken down (--keep leaves it up); journal and logs: ${places.lastRun}`);
}
