import { randomUUID } from 'node:crypto';
import { cp, rm } from 'node:fs/promises';
import { EventStream, exitCodes, formatDuration, isGlobalctlError } from '../../../base/index.ts';
import { sideNames, type PairRun } from '../../../dr/index.ts';
import type { App, OutputFormat } from '../../app.ts';
import { openPair } from '../../dr/open-pair.ts';
import { etcdOf, type EtcdFlags } from '../../etcd-flags.ts';
import { envtestOf, noteEndedServers, type ControlPlaneFlag } from '../../control-plane-flag.ts';
import { version } from '../../version.ts';
import { attachView } from '../../view/attach.ts';
import { openPairLab } from './open-pair-lab.ts';
import { placesOfPair } from './places.ts';
import { shellWord } from '../shell-word.ts';
import { machineReport, machineReportText, type Survey } from './machine-survey.ts';
import { globalKubeconfig } from './order-workload-cluster.ts';
import { playStory } from './story.ts';

export interface RehearsePairFlags extends EtcdFlags, ControlPlaneFlag {
  readonly filename: readonly string[];
  readonly keep: boolean;
  readonly speed: number;
  readonly seed: string;
  readonly crds?: string;
  readonly stateDir?: string;
  readonly output: OutputFormat;
  readonly verbose: boolean;
  readonly timeout?: number;
}

const IDLE_TIMEOUT_MS = 30 * 60_000;

export async function rehearsePair(app: App, flags: RehearsePairFlags): Promise<void> {
  const written = await openPair(app, flags.filename, app.redactor);
  const places = placesOfPair(app, written, flags.stateDir);
  const { lab, pair } = await openPairLab(app, written, places, {
    speed: flags.speed,
    seed: flags.seed,
    crds: flags.crds,
    etcd: etcdOf(app, flags),
    envtest: envtestOf(app, flags),
    idleTimeoutMs: IDLE_TIMEOUT_MS,
  });
  app.env['GLOBALCTL_LAB'] = places.lab;
  const events = new EventStream(() => app.clock.now());
  const detach = attachView(app, events, { output: flags.output, verbose: flags.verbose, redactor: app.redactor });
  const run = (signal = app.signal): PairRun => ({
    pair,
    // A change of DNS, as any hook makes it; the workflows know of no lab.
    domain: { hook: [app.self.program, ...app.self.args, 'lab', 'names', '--home', places.lab, '{domain}={ip}'] },
    stateFolder: places.state,
    clock: app.clock,
    events,
    redactor: app.redactor,
    signal,
    version,
    runId: randomUUID(),
    timeoutMs: flags.timeout,
  });
  const story = { pair, lab, events, run, signal: app.signal, say: (line: string) => app.note(line) };
  let surveys: readonly Survey[];
  try {
    surveys = await playStory(story);
  } catch (error) {
    if (!isGlobalctlError(error, 'LOCK_HELD')) await noteEndedServers(app, lab);
    app.note(
      `\nthe data centres stay up until nobody uses them for ${formatDuration(IDLE_TIMEOUT_MS)}: ${places.folder}`,
    );
    app.note(`end them: globalctl lab down --home ${shellWord(places.lab)}`);
    throw error;
  } finally {
    detach();
  }
  const report = machineReport(surveys);
  if (flags.output === 'json') app.print(JSON.stringify(report));
  else app.print(machineReportText(report));
  if (report.lost > 0) app.exitCode = exitCodes.verification;
  if (flags.keep) {
    await lab.touch({ keep: true });
    app.note(`\nthe data centres stay up; end them: globalctl lab down --home ${shellWord(places.lab)}`);
    for (const side of sideNames)
      app.note(`  kubectl --kubeconfig ${shellWord(globalKubeconfig(pair, side))} get nodes`);
    return;
  }
  await rm(places.lastRun, { recursive: true, force: true });
  await cp(places.state, places.lastRun, { recursive: true });
  await lab.stop();
  for (const folder of [places.lab, places.state, ...sideNames.map((side) => places.hosts[side])])
    await rm(folder, { recursive: true, force: true });
  app.note(`the data centres have been taken down (--keep leaves them up); journals and logs: ${places.lastRun}`);
}
