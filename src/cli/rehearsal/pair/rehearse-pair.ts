import { randomUUID } from 'node:crypto';
import { EventStream } from '../../../base/index.ts';
import { platformDomain, sideNames, vipOf, type SideName } from '../../../dr/index.ts';
import { Installation } from '../../../install/index.ts';
import type { App, OutputFormat } from '../../app.ts';
import { openPair } from '../../dr/open-pair.ts';
import { etcdOf, type EtcdFlags } from '../../etcd-flags.ts';
import { envtestOf, type ControlPlaneFlag } from '../../control-plane-flag.ts';
import { version } from '../../version.ts';
import { attachView } from '../../view/attach.ts';
import { openPairLab } from './open-pair-lab.ts';
import { placesOfPair } from './places.ts';

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
  const install = async (side: SideName): Promise<void> => {
    await lab.setNames({ [platformDomain(pair)]: vipOf(pair, side) });
    await using installation = new Installation({
      ...pair[side],
      clock: app.clock,
      events,
      redactor: app.redactor,
      signal: app.signal,
    });
    await installation.run({ command: 'rehearse', version, runId: randomUUID(), select: {}, timeoutMs: flags.timeout });
  };
  for (const side of sideNames) await install(side);
  detach();
  await lab.touch({ keep: true });
}
