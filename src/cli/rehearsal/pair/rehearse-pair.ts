import { randomUUID } from 'node:crypto';
import { EventStream } from '../../../base/index.ts';
import { installPair, type PairRun } from '../../../dr/index.ts';
import type { App, OutputFormat } from '../../app.ts';
import { openPair } from '../../dr/open-pair.ts';
import { etcdOf, type EtcdFlags } from '../../etcd-flags.ts';
import { envtestOf, type ControlPlaneFlag } from '../../control-plane-flag.ts';
import { version } from '../../version.ts';
import { attachView } from '../../view/attach.ts';
import { openPairLab } from './open-pair-lab.ts';
import { placesOfPair } from './places.ts';
import { orderWorkloadCluster } from './order-workload-cluster.ts';

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
  const run = (): PairRun => ({
    pair,
    // A change of DNS, as any hook makes it; the workflows know of no lab.
    domain: { hook: [app.self.program, ...app.self.args, 'lab', 'names', '--home', places.lab, '{domain}={ip}'] },
    stateFolder: places.state,
    clock: app.clock,
    events,
    redactor: app.redactor,
    signal: app.signal,
    version,
    runId: randomUUID(),
    timeoutMs: flags.timeout,
  });
  await installPair(run());
  detach();
  await orderWorkloadCluster({ pair, side: 'primary', signal: app.signal, say: (line) => app.note(line) });
  await lab.touch({ keep: true });
}
