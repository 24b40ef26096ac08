import { describeObject, fieldAt, PLATFORM_NAMESPACE, resources, type KubeClient } from '../../kube/index.ts';
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
    if (await isHandedOver(client, context.signal))
      return { state: 'done', reason: 'the installer has taken the objects over (Cluster global is paused here)' };
    const { objects } = await context.rendering.manifest();
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
    for (const object of (await context.rendering.manifest()).objects)
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
