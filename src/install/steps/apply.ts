import { GlobalctlError } from '../../base/index.ts';
import {
  describeObject,
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';
import type { InstallContext } from '../context.ts';
import { applyObject, compareLive } from '../live-objects.ts';
import { planObjects } from '../plan-objects.ts';
import type { Step } from '../step.ts';

/** Guide step 5: the manifest applied to minialauda. */
export const applyStep: Step<InstallContext> = {
  id: 'apply',
  title: 'Apply the manifest to minialauda',
  timeoutMs: 10 * 60_000,
  inputs: async (context) => (await context.rendering.manifest()).objects,
  probe: async (context) => {
    const client = await context.clusters.bootstrapIfUp(context.signal);
    if (!client) return { state: 'absent', reason: 'the API of minialauda does not answer' };
    // After the import the new cluster owns these objects; applying them here would bring a second owner to life.
    const { objects } = await context.rendering.manifest();
    if (await isHandedOver(client, context.signal)) {
      const changed = await changedObjects(client, objects, context.signal);
      const reason = 'the installer has taken the objects over (Cluster global is paused here)';
      if (changed.length === 0) return { state: 'done', reason };
      return { state: 'partial', reason: `${reason}; the site has changed since: ${changed.join(', ')}` };
    }
    const comparisons = await Promise.all(objects.map((o) => compareLive(client, o, context.signal)));
    const same = comparisons.filter((c) => c.state === 'same').length;
    const reason = `${String(same)} of ${String(objects.length)} objects stand as rendered`;
    if (same === objects.length) return { state: 'done', reason };
    return { state: comparisons.every((c) => c.state === 'absent') ? 'absent' : 'partial', reason };
  },
  plan: async (context) => {
    const client = await context.clusters.bootstrapIfUp(context.signal);
    return await planObjects(context, client, (await context.rendering.manifest()).objects);
  },
  act: async (context, { effects, signal }) => {
    const client = await context.clusters.bootstrap();
    const { file, objects } = await context.rendering.manifest();
    if (await isHandedOver(client, signal)) {
      const changed = await changedObjects(client, objects, signal);
      if (changed.length === 0) return;
      throw new GlobalctlError('APPLY_HANDED_OVER', {
        message: 'the site has changed after the installer took the objects over into the new cluster',
        subject: 'Cluster global',
        found: changed.join('\n'),
        hint:
          'Bring the site file back to what was installed, or make the change in the new cluster, which manages itself now: ' +
          `kubectl --kubeconfig ${context.clusters.globalKubeconfigPath} diff --server-side -f ${context.host.resolve(file.path)}`,
      });
    }
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
};

/** Whether the import has begun: it pauses the source Cluster before anything else (runbook §9). */
export async function isHandedOver(client: KubeClient, signal: AbortSignal): Promise<boolean> {
  const cluster = await client.find(resources.clusters, { name: 'global', namespace: PLATFORM_NAMESPACE }, signal);
  return fieldAt(cluster, 'spec', 'paused') === true;
}

/** What differs from the objects that were applied here; they stand still since they are paused. */
async function changedObjects(
  client: KubeClient,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<string[]> {
  const states = await Promise.all(objects.map(async (o) => (await compareLive(client, o, signal)).state));
  return objects.filter((_, i) => states[i] !== 'same').map((o) => describeObject(o));
}
