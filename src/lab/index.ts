// The lab: a small data centre in one process for rehearsals and tests. Only the command line and tests come in here.
// `startLab` finds or starts one as a process of its own; `runLab` is that process; `DataCentre` serves tests in process.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock, type Clock } from '../base/index.ts';
import { etcdConnection, serveLab, type LabSettings, type ServeOutcome } from './control/index.ts';
import { findEnvtestBinaries } from './control-plane/index.ts';
import { DataCentre, LabSites, type DataCentreOptions } from './datacentre/index.ts';
import { bootstrapCrds, labPrograms, labValidators } from './programs/index.ts';

export * from './control/index.ts';
export type { LinkCondition } from './network/index.ts';
export { DataCentre, LabSites, type DataCentreOptions, type SiteOptions } from './datacentre/index.ts';

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
      const { speed, seed, hostIP, names, etcd, sites } = settings;
      const envtest = settings.envtest === undefined ? undefined : await findEnvtestBinaries(settings.envtest);
      const connection = etcd && (await etcdConnection(etcd));
      const namespace = `/globalctl/${home.id}/`;
      const common = { speed, seed, names, envtest, onTraffic, log };
      if (!sites || sites.length === 0) {
        const storage = connection && { connection, namespace };
        return LabSites.single(await startDataCentre({ ...common, folder: home.dataFolder, hostIP, storage }));
      }
      return await LabSites.start({
        sites,
        speed,
        names,
        start: async ({ name, hostIP: ip, site }) => {
          const folder = join(home.dataFolder, 'sites', name);
          await mkdir(folder, { recursive: true, mode: 0o700 });
          const storage = connection && { connection, namespace: `${namespace}${name}/` };
          return await startDataCentre({ ...common, names: new Map(), folder, hostIP: ip, site, storage });
        },
      });
    },
  });
}
