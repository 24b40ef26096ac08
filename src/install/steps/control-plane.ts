import { readTextIfPresent, writeFileAtomic } from '../../base/index.ts';
import { conditionOf, fieldAt, textAt, PLATFORM_NAMESPACE, resources } from '../../kube/index.ts';
import { explainWait, watchInventory, type Inventory } from '../../observe/index.ts';
import type { InstallContext } from '../context.ts';
import type { Step } from '../step.ts';

const TIMEOUT_MS = 2 * 60 * 60_000;

/** Guide step 6: until KubeadmControlPlane is Ready and Cluster is Provisioned; then the new kubeconfig is taken. */
export const controlPlaneStep: Step<InstallContext> = {
  id: 'control-plane',
  title: 'Wait for the control plane',
  timeoutMs: TIMEOUT_MS,
  inputs: () => Promise.resolve({ cluster: 'global' }),
  probe: async (context) => {
    const client = await context.clusters.bootstrapIfUp(context.signal);
    if (!client) return { state: 'absent', reason: 'the API of minialauda does not answer' };
    const cluster = await client.find(
      resources.clusters,
      { name: 'global', namespace: PLATFORM_NAMESPACE },
      context.signal,
    );
    if (!cluster) return { state: 'absent', reason: 'Cluster global does not exist' };
    const phase = textAt(cluster, 'status', 'phase');
    const name = textAt(cluster, 'spec', 'controlPlaneRef', 'name') ?? '';
    const controlPlane = await client.find(
      resources.kubeadmControlPlanes,
      { name, namespace: PLATFORM_NAMESPACE },
      context.signal,
    );
    const ready = controlPlane && conditionOf(controlPlane, 'Ready')?.status;
    const reason = `Cluster phase ${phase ?? 'not set'}, KubeadmControlPlane Ready=${ready ?? 'unknown'}`;
    if (phase !== 'Provisioned' || ready !== 'True') return { state: 'partial', reason };
    const kubeconfig = await context.clusters.globalKubeconfig(context.signal);
    if (kubeconfig === undefined || (await readTextIfPresent(context.clusters.globalKubeconfigPath)) !== kubeconfig)
      return { state: 'partial', reason: 'the control plane is ready; its kubeconfig is not taken' };
    return { state: 'done', reason };
  },
  act: () => Promise.resolve(),
  wait: async (context, { effects, signal, deadline }) => {
    const client = await context.clusters.bootstrap();
    await watchInventory(client, context.provider.kinds, signal, (inventory) => {
      if (isReady(inventory)) return true;
      const chain = explainWait(inventory, context.clock.now());
      context.events.emit({
        type: 'wait',
        step: 'control-plane',
        subject: 'the control plane',
        message: chain.summary,
        deadline: deadline.toString(),
        chain: chain.lines,
      });
      return undefined;
    });
    const kubeconfig = await context.clusters.globalKubeconfig(signal);
    if (kubeconfig === undefined) return;
    await effects.perform({
      effect: 'take the kubeconfig of the new cluster',
      inputs: kubeconfig,
      observe: async () => (await readTextIfPresent(context.clusters.globalKubeconfigPath)) === kubeconfig,
      run: () => writeFileAtomic(context.clusters.globalKubeconfigPath, kubeconfig, 0o600),
    });
  },
};

function isReady(inventory: Inventory): boolean {
  const cluster = inventory.clusters.find((c) => c.metadata.name === 'global');
  const reference = fieldAt(cluster, 'spec', 'controlPlaneRef', 'name');
  const controlPlane = inventory.controlPlanes.find((k) => k.metadata.name === reference);
  return (
    fieldAt(cluster, 'status', 'phase') === 'Provisioned' &&
    controlPlane !== undefined &&
    conditionOf(controlPlane, 'Ready')?.status === 'True'
  );
}
