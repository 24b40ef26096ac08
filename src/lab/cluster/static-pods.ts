import { resources, isKubeReason, type KubeClient } from '../../kube/index.ts';
import type { Node, Pod } from '../core-types.ts';

const components = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/** The mirror Pods that a control plane node's kubelet shows for its static Pods. */
export async function createStaticPods(client: KubeClient, nodeName: string, kubernetesVersion: string): Promise<void> {
  const node = await client.get<Node>(resources.nodes, { name: nodeName });
  await Promise.all(
    components.map(async (component) => {
      const image = component === 'etcd' ? 'etcd:v3.5.21' : `${component}:${kubernetesVersion}`;
      const pod: Pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          name: `${component}-${nodeName}`,
          namespace: 'kube-system',
          labels: { component, tier: 'control-plane' },
          annotations: { 'kubernetes.io/config.mirror': component, 'kubernetes.io/config.source': 'file' },
          ownerReferences: [
            { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: node.metadata.uid ?? '', controller: true },
          ],
        },
        spec: {
          nodeName,
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
          containers: [{ name: component, image, imagePullPolicy: 'IfNotPresent' }],
        },
      };
      try {
        await client.create(resources.pods, pod);
      } catch (error) {
        if (!isKubeReason(error, 'AlreadyExists')) throw error;
      }
    }),
  );
}
