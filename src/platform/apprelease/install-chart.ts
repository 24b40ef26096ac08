import { GlobalctlError, toGlobalctlError } from '../../base/index.ts';
import type { RegistryAccess } from '../../pack/index.ts';
import type { InstallOptions, ReleaseRef, ReleaseStatus } from '../helm/index.ts';
import { applyCrds, readChartCrds } from './chart-crds.ts';
import { checkImages } from './check-images.ts';
import type { OperatorContext } from './context.ts';
import { manifestObjects } from './manifest-objects.ts';
import { planRecovery, recoverRelease } from './recover-release.ts';
import { readReleaseHistory } from './release-record.ts';
import { renderedImages } from './rendered-images.ts';

export interface ChartInstallation {
  readonly release: ReleaseRef;
  /** The chart's `.tgz`. */
  readonly archive: Uint8Array;
  /** Where it came from, for messages: `172.18.0.1:11443/ait/chart-x:v1`. */
  readonly where: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly registries: ReadonlyMap<string, RegistryAccess>;
  /** Told what was done to a release that an earlier attempt had left. */
  readonly onRecovered: (sentence: string) => Promise<void>;
  /** Told what is known of the images, before anything of the release is changed. */
  readonly onImages: (sentence: string) => void;
}

/**
 * Installs or upgrades one release: its CRDs first, then one rendering by the cluster without effect, from which every image
 * is looked up, then Helm, which waits until the objects are ready. An upgrade that fails is rolled back.
 */
export async function installChart(context: OperatorContext, chart: ChartInstallation): Promise<ReleaseStatus> {
  const { client, helm, signal, log } = context;
  const { release, where, timeoutMs } = chart;
  const crds = await readChartCrds(chart.archive, where);
  await applyCrds(context, crds, timeoutMs);
  if (crds.length > 0) log(`${release.name}: ${String(crds.length)} custom resource definitions established`);
  const history = await readReleaseHistory(client, release, signal);
  const recovered = await recoverRelease(context, release, { history, timeoutMs });
  if (recovered !== undefined) await chart.onRecovered(recovered);
  const install: InstallOptions = {
    release,
    chart: chart.archive,
    values: chart.values,
    timeoutMs,
    createNamespace: true,
    skipCrds: true,
    signal,
  };
  const rendered = await helm.upgradeInstall({ ...install, dryRun: 'server' });
  const images = renderedImages([rendered.manifest, ...rendered.hooks].flatMap((text) => manifestObjects(text, where)));
  const { registries } = chart;
  chart.onImages(await checkImages(context, { images, registries, subject: `release ${release.name}` }));
  try {
    return await helm.upgradeInstall({ ...install, wait: true });
  } catch (thrown) {
    throw await rollBack(context, chart, toGlobalctlError(thrown));
  }
}

/**
 * Puts back what stood before an upgrade that failed; returns the error to report. What cannot be put back now is put back
 * before the next attempt. A first installation stays as it failed, for people to look at.
 */
async function rollBack(
  context: OperatorContext,
  { release, timeoutMs }: ChartInstallation,
  error: GlobalctlError,
): Promise<GlobalctlError> {
  if (context.signal.aborted) return error;
  const also = (sentence: string): GlobalctlError =>
    new GlobalctlError(error.code, { ...error.details, message: `${error.message}; ${sentence}`, cause: error });
  try {
    const history = await readReleaseHistory(context.client, release, context.signal);
    if (planRecovery(history).action !== 'rollback') return error;
    const done = await recoverRelease(context, release, { history, timeoutMs });
    return done === undefined ? error : also(done);
  } catch (thrown) {
    return also(`not rolled back: ${toGlobalctlError(thrown).message}`);
  }
}
