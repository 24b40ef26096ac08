import { fieldAt } from '../../kube/index.ts';
import { CLUSTER_NAME, listAt, type ManifestRule } from '../../providers/index.ts';

const sansPath = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'local', 'serverCertSANs'];

export const sans: ManifestRule = {
  code: 'MANIFEST_SANS',
  severity: 'error',
  what: 'The etcd certificate names the VIP and the platform host; both VIPs in disaster recovery.',
  why: 'The synchronizer of the standby side reads etcd through these names; a certificate cannot be changed afterwards.',
  guide: 'Step 4',
  *check({ provider, ofKind, find, site }) {
    const own = fieldAt(find(provider.kinds.cluster.kind, CLUSTER_NAME)?.object, ...provider.shape.endpoint);
    const needed = site
      ? [...(site.dr ? [site.dr.primaryVIP, site.dr.standbyVIP] : [site.network.controlPlaneVIP]), site.platform.host]
      : typeof own === 'string'
        ? [own]
        : [];
    for (const at of ofKind('KubeadmControlPlane')) {
      const found = listAt(at.object, sansPath);
      for (const name of new Set(needed))
        if (!found.includes(name))
          yield {
            at,
            path: sansPath,
            message: `the etcd certificate does not name ${name}`,
            expected: needed.join(', '),
            found: found.length === 0 ? 'none' : found.join(', '),
          };
    }
  },
};
