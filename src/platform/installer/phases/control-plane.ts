import { GlobalctlError } from '../../../base/index.ts';
import {
  conditionOf,
  conditionsOf,
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  watchUntil,
  type KubeObject,
} from '../../../kube/index.ts';
import type { Phase } from '../phase.ts';
import { GLOBAL } from '../payload.ts';

/** The condition that says why an object is not ready yet. */
function blocking(object: KubeObject): string {
  const condition =
    conditionsOf(object).find((c) => c.status !== 'True' && c.type !== 'Ready') ?? conditionOf(object, 'Ready');
  if (condition === undefined) return 'no conditions yet';
  return [condition.type, condition.reason, condition.message].filter((p) => p !== undefined && p !== '').join(': ');
}

/** Guide step 6's criterion: KubeadmControlPlane Ready, Cluster Provisioned. Then the new API server must answer. */
export const controlPlanePhase: Phase = {
  id: 'control-plane',
  title: 'Wait for the control plane',
  weight: 20,
  run: async (context) => {
    const { source, signal, waiting, log } = context;
    const namespace = PLATFORM_NAMESPACE;
    const key = `${namespace}/${GLOBAL}`;
    const name = await watchUntil(source, resources.clusters, { namespace, signal }, (store) => {
      const cluster = store.get(key);
      const phase = fieldAt(cluster, 'status', 'phase');
      const reference = fieldAt(cluster, 'spec', 'controlPlaneRef', 'name');
      if (phase === 'Failed')
        throw new GlobalctlError('INSTALLER_NOT_READY', {
          message: `the Cluster reports that it failed: ${cluster ? blocking(cluster) : ''}`,
          subject: `Cluster ${key}`,
        });
      if (cluster !== undefined && phase === 'Provisioned' && typeof reference === 'string') return reference;
      waiting(
        cluster === undefined ? `Cluster ${key} is gone` : `Cluster ${GLOBAL} is not Provisioned: ${blocking(cluster)}`,
      );
      return undefined;
    });
    await watchUntil(source, resources.kubeadmControlPlanes, { namespace, signal }, (store) => {
      const controlPlane = store.get(`${namespace}/${name}`);
      if (controlPlane !== undefined && conditionOf(controlPlane, 'Ready')?.status === 'True') return true;
      waiting(
        controlPlane === undefined
          ? `KubeadmControlPlane ${name} does not exist`
          : `KubeadmControlPlane ${name} is not Ready: ${blocking(controlPlane)}`,
      );
      return undefined;
    });
    const { client } = await context.target();
    await client.request('GET', '/readyz', { signal });
    log(`the API server of the new cluster answers at ${client.server}`);
  },
};
