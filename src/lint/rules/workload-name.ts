import { splitApiVersion, type KubeObject } from '../../kube/index.ts';
import { slip, CLUSTER_NAME, NAME_PREFIX, type ObjectsRule } from '../../providers/index.ts';

function ofClusterApi({ apiVersion }: KubeObject): boolean {
  const { group } = splitApiVersion(apiVersion);
  return group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
}

export const workloadName: ObjectsRule = {
  code: 'MANIFEST_WORKLOAD_NAME',
  severity: 'error',
  what: 'Objects of a workload cluster have neither the name global nor the prefix global-.',
  why: 'Seen at the first failover: disaster recovery takes them for objects of the global cluster and leaves them out of what it carries over.',
  guide: 'Naming Convention',
  example: slip(
    `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: { name: shop, namespace: cpaas-system }
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata: { name: shop-md-0, namespace: cpaas-system }
spec:
  clusterName: shop
  selector: {}
  template: { spec: { clusterName: shop, bootstrap: {}, infrastructureRef: { name: shop-worker } } }
`,
    'metadata: { name: shop-md-0, namespace: cpaas-system }',
    'metadata: { name: global-shop, namespace: cpaas-system }',
  ),
  needsProvider: false,
  appliesTo: 'workload',
  *check({ objects, scope }) {
    for (const at of objects) {
      const name = String(at.object.metadata.name);
      if (!ofClusterApi(at.object) || (name !== CLUSTER_NAME && !name.startsWith(NAME_PREFIX))) continue;
      yield {
        at,
        path: ['metadata', 'name'],
        message: `${at.object.kind} ${name} of workload cluster ${String(scope.name)} has a name that belongs to the global cluster`,
        expected: 'a name that is not global and does not begin with global-',
        found: name,
        hint: 'Rename it with every reference to it. When it belongs to the global cluster, correct the reference that leads to it.',
      };
    }
  },
};
