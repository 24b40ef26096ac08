// The lab: a small data centre in one process for rehearsals and tests. Only the command line and tests come in here.
// `startLab` finds or starts one as a process of its own; `runLab` is that process; `DataCentre` serves tests in process.
import { mkdir } from 'node:fs/promises';
import { systemClock, type Clock } from '../base/index.ts';
import { etcdConnection, serveLab, type LabSettings, type ServeOutcome } from './control/index.ts';
import { findEnvtestBinaries } from './control-plane/index.ts';
import { DataCentre, type DataCentreOptions } from './datacentre/index.ts';
import { bootstrapCrds, labPrograms, labValidators } from './programs/index.ts';

export * from './control/index.ts';
export { DataCentre, type DataCentreOptions } from './datacentre/index.ts';

/** A data centre with everything that the lab can run. */
export function startDataCentre(
  options: Omit<DataCentreOptions, 'programs' | 'validators' | 'bootstrapCrds'>,
): Promise<DataCentre> {
  return DataCentre.start({ ...options, programs: labPrograms, validators: labValidators, bootstrapCrds });
}

/** Serves a lab in this process until it ends. */
export async function runLab(options: {
  readonly home: string;
  readonly settings: LabSettings;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  readonly onReady?: () => void;
  readonly clock?: Clock;
}): Promise<ServeOutcome> {
  const { log, clock = systemClock } = options;
  return await serveLab({
    ...options,
    clock,
    start: async ({ home, settings, onTraffic }) => {
      await mkdir(home.dataFolder, { recursive: true, mode: 0o700 });
      const { speed, seed, hostIP, names, etcd } = settings;
      const envtest = settings.envtest === undefined ? undefined : await findEnvtestBinaries(settings.envtest);
      const storage = etcd && { connection: await etcdConnection(etcd), namespace: `/globalctl/${home.id}/` };
      return await startDataCentre({
        folder: home.dataFolder,
        speed,
        seed,
        hostIP,
        names,
        storage,
        envtest,
        onTraffic,
        log,
      });
    },
  });
}
