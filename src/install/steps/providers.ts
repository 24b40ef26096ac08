import { basename } from 'node:path';
import { formatDuration } from '../../base/index.ts';
import {
  apiVersionOf,
  conditionOf,
  describeObject,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';
import { appReleaseTrouble } from '../../observe/index.ts';
import type { InstallContext } from '../context.ts';
import { applyObject, compareLive } from '../live-objects.ts';
import { planObjects } from '../plan-objects.ts';
import { chartIsPushed, pushPack, type ProviderPack } from '../push-pack.ts';
import type { Step } from '../step.ts';
import { planFile, writeRenderedFile } from '../write-files.ts';
import { fileIdentity } from './bootstrap.ts';

/** Guide step 3: provider packages into the bootstrap registry, AppReleases applied, CRDs awaited. */
export const providersStep: Step<InstallContext> = {
  id: 'providers',
  title: 'Push and install the provider packages',
  timeoutMs: 60 * 60_000,
  changeIsIgnored: 'packages of versions that are installed are not pushed again',
  inputs: async (context) => ({
    packs: await Promise.all(packs(context).map((p) => fileIdentity(p.path))),
    versions: context.loaded.site.versions,
  }),
  probe: async (context) => {
    const client = await context.clusters.bootstrapIfUp(context.signal);
    if (!client) return { state: 'absent', reason: 'the API of minialauda does not answer' };
    const { objects } = await context.rendering.appReleases();
    const comparisons = await Promise.all(objects.map((o) => compareLive(client, o, context.signal)));
    if (comparisons.every((c) => c.state === 'absent')) return { state: 'absent', reason: 'no AppRelease exists' };
    if (comparisons.some((c) => c.state !== 'same'))
      return { state: 'partial', reason: 'AppReleases are missing or differ' };
    const missing = await missingCrds(context, client);
    if (missing.length > 0) return { state: 'partial', reason: `CRDs not established: ${missing.join(', ')}` };
    const waiting = comparisons.map((c) => c.live && releaseTrouble(c.live)).find((t) => t !== undefined);
    if (waiting !== undefined) return { state: 'partial', reason: waiting };
    return { state: 'done', reason: 'provider charts are installed and their CRDs established' };
  },
  plan: async (context) => {
    const client = await context.clusters.bootstrapIfUp(context.signal);
    const { file, objects } = await context.rendering.appReleases();
    return [
      ...packs(context).map((p) => ({ action: 'run' as const, subject: `packtool pack push ${basename(p.path)}` })),
      ...(await planFile(context, file)),
      ...(await planObjects(context, client, objects)),
    ];
  },
  act: async (context, { effects, signal }) => {
    const client = await context.clusters.bootstrap();
    for (const pack of packs(context)) {
      await effects.perform({
        effect: `push ${pack.name}`,
        inputs: await fileIdentity(pack.path),
        // A tag alone does not prove that a push by some other tool was completed; with the journal's word it does.
        observe: async (history) => history === 'ended' && (await chartIsPushed(context, pack, signal)),
        run: (recorder) => pushPack(context, pack, { recorder, signal }),
      });
    }
    const { file, objects } = await context.rendering.appReleases();
    await writeRenderedFile(context, effects, file);
    for (const object of objects)
      await effects.perform({
        effect: `apply ${describeObject(object)}`,
        inputs: object,
        observe: async () => (await compareLive(client, object, signal)).state === 'same',
        run: async () => {
          await applyObject(client, object, signal);
        },
      });
  },
  wait: async (context, { signal, deadline }) => {
    const client = await context.clusters.bootstrap();
    const startedMs = context.clock.now();
    const say = (subject: string, message: string): void =>
      context.events.emit({
        type: 'wait',
        step: 'providers',
        subject,
        message,
        deadline: deadline.toString(),
      });
    // The guide's order: the kubeadm provider's CRD first.
    await watchUntil(client, resources.customResourceDefinitions, { signal }, (crds) => {
      const missing = awaitedCrds(context).filter((name) => !isEstablished(crds.get(name)));
      if (missing.length === 0) return true;
      say('CRDs', `not established: ${missing.join(', ')}`);
      return undefined;
    });
    const names = [kubeadmRelease, context.provider.package.release];
    await watchUntil(client, resources.appReleases, { namespace: PLATFORM_NAMESPACE, signal }, (releases) => {
      const trouble = names
        .map((name) => {
          const release = releases.get(`${PLATFORM_NAMESPACE}/${name}`);
          return release ? releaseTrouble(release) : `AppRelease ${name} does not exist`;
        })
        .find((t) => t !== undefined);
      if (trouble === undefined) return true;
      say('AppReleases', `${trouble} (for ${formatDuration(context.clock.now() - startedMs)})`);
      return undefined;
    });
  },
};

const kubeadmRelease = 'cluster-api-provider-kubeadm';

function packs(context: InstallContext): readonly ProviderPack[] {
  const { packages, versions } = context.loaded.site;
  const { release, chart } = context.provider.package;
  return [
    // The guide pushes the infrastructure provider first.
    {
      name: release,
      path: context.loaded.resolvePath(packages.infrastructureProvider),
      chart,
      version: versions.infrastructureProvider,
    },
    {
      name: kubeadmRelease,
      path: context.loaded.resolvePath(packages.kubeadmProvider),
      chart: `ait/chart-${kubeadmRelease}`,
      version: versions.kubeadmProvider,
    },
  ];
}

function awaitedCrds(context: InstallContext): readonly string[] {
  return ['kubeadmcontrolplanes.controlplane.cluster.x-k8s.io', ...context.provider.crds.awaited];
}

function isEstablished(crd: KubeObject | undefined): boolean {
  return crd !== undefined && conditionOf(crd, 'Established')?.status === 'True';
}

async function missingCrds(context: InstallContext, client: KubeClient): Promise<string[]> {
  const missing: string[] = [];
  for (const name of awaitedCrds(context))
    if (!isEstablished(await client.find(resources.customResourceDefinitions, { name }, context.signal)))
      missing.push(name);
  return missing;
}

function releaseTrouble(release: KubeObject): string | undefined {
  const trouble = appReleaseTrouble(release);
  if (trouble === undefined) return undefined;
  const { state, said } = trouble;
  return `AppRelease ${release.metadata.name ?? '?'} (${apiVersionOf(resources.appReleases)}): ${state}${said === '' ? '' : `: ${said}`}`;
}
