import type { Clock } from '../../base/index.ts';
import type { KubeClient } from '../../kube/index.ts';
import { pullChart, type RegistryAccess } from '../../pack/index.ts';
import type { Helm, ReleaseRef, ReleaseStatus } from '../helm/index.ts';
import { applyCrds, readChartCrds } from './chart-crds.ts';
import { readReleaseRecord } from './release-record.ts';
import type { WantedChart, WantedRelease } from './release-spec.ts';

/** The field manager under which the operator writes. */
export const OPERATOR_NAME = 'apprelease-operator';

export interface InstallChartOptions {
  readonly client: KubeClient;
  readonly helm: Helm;
  readonly registry: RegistryAccess;
  readonly wanted: WantedRelease;
  readonly chart: WantedChart;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** Fetches a chart, applies its CRDs, then installs or upgrades the release and waits until its objects are ready. */
export async function installChart(options: InstallChartOptions): Promise<ReleaseStatus> {
  const { client, helm, registry, wanted, chart, clock, signal, log } = options;
  const where = `${registry.address}/${chart.name}:${chart.targetRevision}`;
  const { archive, manifestDigest } = await pullChart({
    registry,
    name: chart.name,
    version: chart.targetRevision,
    clock,
    signal,
  });
  log(`${chart.releaseName}: chart ${where} is ${manifestDigest}`);
  const crds = await readChartCrds(archive, where);
  await applyCrds(client, crds, { fieldManager: OPERATOR_NAME, signal });
  if (crds.length > 0) log(`${chart.releaseName}: ${String(crds.length)} custom resource definitions established`);
  const release: ReleaseRef = { name: chart.releaseName, namespace: wanted.namespace };
  await recoverPending(options, release);
  return helm.upgradeInstall({
    release,
    chart: archive,
    values: wanted.values,
    timeoutMs: wanted.timeoutMs,
    wait: true,
    createNamespace: true,
    skipCrds: true,
    signal,
  });
}

/**
 * Helm refuses to touch a release that a killed Helm left `pending`. A first install is removed, an upgrade goes back to the
 * revision before it.
 */
async function recoverPending(options: InstallChartOptions, release: ReleaseRef): Promise<void> {
  const { client, helm, signal, log } = options;
  const record = await readReleaseRecord(client, release, signal);
  if (record?.status.startsWith('pending-') !== true) return;
  log(`${release.name}: revision ${String(record.revision)} was left ${record.status}; recovering`);
  if (record.revision <= 1) await helm.uninstall(release, { signal });
  else await helm.rollback(release, record.revision - 1, signal);
}
