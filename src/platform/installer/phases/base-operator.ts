import { pullChart } from '../../../pack/index.ts';
import { PLATFORM_NAMESPACE, resources, type KubeClient } from '../../../kube/index.ts';
import { readReleaseHistory, recoverRelease } from '../../apprelease/index.ts';
import { appReleaseCrd, moduleCrds } from '../../crds/index.ts';
import { waitEstablished } from '../import/definitions.ts';
import type { Phase } from '../phase.ts';
import { payloadCharts } from '../payload.ts';
import { platformValues, providerReleases } from '../platform-values.ts';
import { chartVersion, platformRegistry, registryLogin, requireNewestTag } from '../registries.ts';

/** For Helm to put back what an interrupted attempt had begun. */
const RECOVERY_MS = 120_000;

/** The operator that everything after it is installed through: AppReleases and modules. */
export const baseOperatorPhase: Phase = {
  id: 'base-operator',
  title: 'Deploy the base operator',
  weight: 8,
  run: async (context) => {
    const { config, request, source, signal, log } = context;
    const { client: target, kubeconfig } = await context.target();
    const { chart: name, release } = payloadCharts.baseOperator;
    const registry = platformRegistry(config, request);
    let version: string;
    try {
      version = chartVersion(await requireNewestTag(registry, name, signal));
    } finally {
      await registry.close();
    }
    const access = config.registryAccess(request.registry.domain, registryLogin(request));
    const chart = await pullChart({ registry: access, name, version, clock: config.clock, signal });
    const values = platformValues(request, await providerReleases(source, signal));
    context.waiting(`Helm release ${release} is being installed`);
    const helm = config.createHelm(kubeconfig);
    const ref = { name: release, namespace: PLATFORM_NAMESPACE };
    // An installer that was killed may have left it half installed, which Helm refuses to touch.
    const history = await readReleaseHistory(target, ref, signal);
    const recovered = await recoverRelease({ client: target, helm, signal }, ref, { history, timeoutMs: RECOVERY_MS });
    if (recovered !== undefined) log(recovered);
    const installed = await helm.upgradeInstall({
      release: ref,
      chart: chart.archive,
      values,
      wait: true,
      signal,
    });
    log(`Helm release ${release} ${version}: ${installed.status}`);
    await ensureDefinitions(target, signal);
  },
};

/** The definitions that modules need: the chart's where it brings them, else this project's. */
async function ensureDefinitions(target: KubeClient, signal: AbortSignal): Promise<void> {
  const crds = resources.customResourceDefinitions;
  const needed = [appReleaseCrd, ...moduleCrds];
  for (const crd of needed)
    if ((await target.find(crds, { name: crd.metadata.name ?? '' }, signal)) === undefined)
      await target.apply(crds, crd, { signal });
  await waitEstablished(
    target,
    needed.map((crd) => crd.metadata.name ?? ''),
    signal,
  );
}
