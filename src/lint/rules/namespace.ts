import { PLATFORM_NAMESPACE, splitApiVersion, wellKnownResource } from '../../kube/index.ts';
import type { ManifestRule } from '../../providers/index.ts';

export const namespaceRule: ManifestRule = {
  code: 'MANIFEST_NAMESPACE',
  severity: 'error',
  what: 'Cluster API and provider objects live in cpaas-system.',
  why: 'Installer, import and the delivery of the cloud provider look into that namespace only.',
  guide: 'Step 4',
  *check({ objects }) {
    for (const at of objects) {
      const { apiVersion, kind, metadata } = at.object;
      const { group } = splitApiVersion(apiVersion);
      if (group !== 'cluster.x-k8s.io' && !group.endsWith('.cluster.x-k8s.io')) continue;
      if (wellKnownResource(apiVersion, kind)?.namespaced === false) continue;
      if (metadata.namespace === PLATFORM_NAMESPACE) continue;
      yield {
        at,
        path: ['metadata', 'namespace'],
        message: `${kind} ${String(metadata.name)} is ${metadata.namespace === undefined ? 'in no namespace' : `in namespace ${metadata.namespace}`}`,
        expected: PLATFORM_NAMESPACE,
        found: metadata.namespace ?? 'nothing',
      };
    }
  },
};
