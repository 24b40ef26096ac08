import { toGlobalctlError, type GlobalctlError } from '../../base/index.ts';
import { describeObject, fieldAt, type KubeObject } from '../../kube/index.ts';
import { pullChart, type PulledChart, type RegistryAccess } from '../../pack/index.ts';
import type { OperatorContext } from './context.ts';
import { announce } from './events.ts';
import { staleEntries, uninstallReleases } from './finalizer.ts';
import { installChart } from './install-chart.ts';
import { registriesOf } from './registries.ts';
import type { WantedChart, WantedRelease } from './release-spec.ts';
import { chartStatuses, releaseOf, timestamp, writeStatus, type ChartStatus, type StatedCondition } from './status.ts';

/**
 * Installs or upgrades every chart of an AppRelease, in the order in which they are listed, and says in the status how it goes.
 * All charts are fetched before the first is touched. Throws what ended it, after the status says so.
 */
export async function rollOut(context: OperatorContext, object: KubeObject, wanted: WantedRelease): Promise<void> {
  const entries = wanted.charts.map((chart) => ({ chart, status: entryOf(object, wanted, chart) }));
  const charts = entries.map(({ status }) => status);
  // What an earlier spec had installed stays known until it is gone.
  const known = [...charts, ...staleEntries(object, wanted)];
  const images = new Map<string, string>();
  let failing: readonly ChartStatus[] = charts;
  try {
    const registries = await registriesOf(context, object, wanted);
    const fetched: (PulledChart & (typeof entries)[number])[] = [];
    for (const entry of entries) {
      failing = [entry.status];
      fetched.push({ ...entry, ...(await fetchChart(context, { ...entry, object, wanted, registries })) });
    }
    for (const { chart, status, archive } of fetched) {
      failing = [status];
      status.phase = 'Installing';
      delete status.message;
      await writeStatus(context, object, {
        phase: 'Installing',
        charts: known,
        lastError: '',
        conditions: [INSTALLING],
      });
      const { revision } = await installChart(context, {
        release: { name: chart.releaseName, namespace: wanted.namespace },
        archive,
        where: `${wanted.registry}/${chart.name}:${chart.targetRevision}`,
        values: wanted.values,
        timeoutMs: wanted.timeoutMs,
        registries,
        onRecovered: (message) => announce(context, object, { type: 'Normal', reason: 'Recovered', message }),
        onImages: (sentence) => images.set(chart.releaseName, sentence),
      });
      const now = timestamp(context.clock.now());
      const installedRevision = chart.targetRevision;
      Object.assign(status, { phase: 'Success', installedRevision, revision, lastDeployedTime: now });
      const message = `installed ${chart.name} ${chart.targetRevision} as ${chart.releaseName}, revision ${String(revision)}`;
      await announce(context, object, { type: 'Normal', reason: 'Installed', message });
    }
    await uninstallReleases(context, object, {
      releases: staleEntries(object, wanted).map(releaseOf),
      timeoutMs: wanted.timeoutMs,
    });
  } catch (thrown) {
    const error = toGlobalctlError(thrown);
    if (!context.signal.aborted) await reportFailure(context, object, { charts: known, failing, error });
    throw error;
  }
  const message = [...images].map(([release, sentence]) => `${release}: ${sentence}`).join('; ');
  await writeStatus(context, object, {
    phase: 'Success',
    charts,
    lastError: '',
    conditions: [
      { type: 'Ready', status: 'True', reason: 'Installed', message: 'all charts are installed' },
      { type: 'ImagesAvailable', status: 'True', reason: 'Found', message },
      { type: 'Drifted', status: 'False', reason: 'Installed', message: 'every object is as its chart says' },
      {
        type: 'TagMoved',
        status: 'False',
        reason: 'Resolved',
        message: 'every version stands for the chart installed',
      },
    ],
  });
}

const INSTALLING: StatedCondition = {
  type: 'Ready',
  status: 'False',
  reason: 'Installing',
  message: 'charts are being installed',
};

/** Says in the status what is wrong, and in which of the charts. */
export async function reportFailure(
  context: OperatorContext,
  object: KubeObject,
  failure: {
    readonly charts: readonly ChartStatus[];
    readonly failing: readonly ChartStatus[];
    readonly error: GlobalctlError;
  },
): Promise<void> {
  const { code, message } = failure.error;
  for (const entry of failure.failing) Object.assign(entry, { phase: 'Failed', message });
  const conditions: StatedCondition[] = [{ type: 'Ready', status: 'False', reason: code, message }];
  if (code === 'APPRELEASE_IMAGE_MISSING')
    conditions.push({ type: 'ImagesAvailable', status: 'False', reason: 'Missing', message });
  await writeStatus(context, object, { phase: 'Failed', charts: failure.charts, lastError: message, conditions });
}

/** The entry of a chart as it stood, or a new one. The digest stays for as long as the spec does. */
function entryOf(object: KubeObject, wanted: WantedRelease, chart: WantedChart): ChartStatus {
  const { name, releaseName, targetRevision } = chart;
  const stated = chartStatuses(object).find((entry) => entry.releaseName === releaseName);
  const { digest, ...old }: Partial<ChartStatus> = stated ?? {};
  const isSame =
    old.name === name &&
    old.targetRevision === targetRevision &&
    fieldAt(object, 'status', 'observedGeneration') === object.metadata.generation;
  return {
    ...old,
    ...(isSame && digest !== undefined && { digest }),
    name,
    releaseName,
    targetRevision,
    namespace: wanted.namespace,
    phase: 'Pending',
  };
}

/** The chart that the version stands for; once that is known, this very chart until the spec changes. */
async function fetchChart(
  { clock, signal, log }: OperatorContext,
  options: {
    readonly object: KubeObject;
    readonly wanted: WantedRelease;
    readonly chart: WantedChart;
    readonly status: ChartStatus;
    readonly registries: ReadonlyMap<string, RegistryAccess>;
  },
): Promise<PulledChart> {
  const { chart, status, wanted } = options;
  const registry = options.registries.get(wanted.registry) ?? { address: wanted.registry };
  const pulled = await pullChart({
    registry,
    name: chart.name,
    version: status.digest ?? chart.targetRevision,
    clock,
    signal,
  });
  status.digest = pulled.manifestDigest;
  log(`${describeObject(options.object)}: ${chart.name} ${chart.targetRevision} is ${pulled.manifestDigest}`);
  return pulled;
}
