import { createHash } from 'node:crypto';
import { PLATFORM_NAMESPACE } from '../../kube/index.ts';

/** Namespaces of a side's own (DR reference, "Excluded namespaces"): backed up by hand, never synchronised. */
export const excludedNamespaces: readonly string[] = [
  ...['cpaas-system', 'cert-manager', 'default', 'global-credentials', 'cpaas-system-global-credentials', 'kube-ovn'],
  ...['kube-public', 'kube-system', 'nsx-system', 'cpaas-solution', 'kube-node-lease', 'kubevirt', 'nativestor-system'],
  'operators',
];

/** The groups of Cluster API and its providers: what is followed inside of cpaas-system. */
export const clusterApiGroups: readonly string[] = [
  'cluster.x-k8s.io',
  ...['addons', 'bootstrap', 'controlplane', 'infrastructure', 'ipam', 'runtime'].map((g) => `${g}.cluster.x-k8s.io`),
];

/** The Secrets that Cluster API keeps for each cluster, by what follows the cluster's name. */
export const clusterSecretSuffixes: readonly string[] = ['ca', 'etcd', 'proxy', 'sa', 'kubeconfig'];

/** Why a resource is bound to its side. */
export type SideBoundReason =
  | 'its nodes, and what runs on them'
  | 'its network'
  | 'its volumes'
  | 'its API server'
  | 'its own platform'
  | 'its own controllers';

/**
 * Resources that are a side's own wherever they lie. `group/resource`, or `group/*`; built-in ones without a group, by the
 * names of their folders in etcd.
 */
export const sideBoundResources: Readonly<Record<SideBoundReason, readonly string[]>> = {
  'its nodes, and what runs on them': ['pods', 'podtemplates', 'leases', 'events', 'controllerrevisions', 'jobs'],
  'its network': [
    ...['services/specs', 'services/endpoints', 'endpointslices', 'kubeovn.io/*', 'crd.projectcalico.org/*'],
    ...['cilium.io/*', 'k8s.cni.cncf.io/*', 'metallb.io/*'],
  ],
  'its volumes': [
    ...[
      'persistentvolumeclaims',
      'snapshot.storage.k8s.io/*',
      'ceph.rook.io/*',
      'topolvm.io/*',
      'topolvm.cybozu.com/*',
    ],
  ],
  'its API server': [
    'apiregistration.k8s.io/*',
    'apiextensions.k8s.io/*',
    'admissionregistration.k8s.io/*',
    'metrics.k8s.io/*',
  ],
  'its own platform': [
    ...['cluster.alauda.io/moduleinfoes', 'cluster.alauda.io/clustermodules', 'cluster.alauda.io/moduleplugins'],
    ...['operator.alauda.io/*', 'platform.tkestack.io/machines'],
  ],
  'its own controllers': [
    'cert-manager.io/*',
    'acme.cert-manager.io/*',
    'operators.coreos.com/*',
    'packages.operators.coreos.com/*',
  ],
};

/** Objects of the whole cluster, of resources that are otherwise synchronised: `group/resource/name`. */
export const sideBoundObjects: readonly string[] = ['platform.tkestack.io/clusters/global'];

export interface SelectionRules {
  readonly excludedNamespaces: ReadonlySet<string>;
  /** `group/resource`, `group/*` or, built in, `resource`. */
  readonly excludedResources: ReadonlySet<string>;
  /** Whether Secrets take part: only when both API servers read each other's. */
  readonly secrets: boolean;
}

/** The rules of the guide, with the excluded namespaces of an installation in the place of the guide's, and more resources left out. */
export function selectionRules(options: {
  readonly secrets: boolean;
  readonly excludedNamespaces?: readonly string[] | undefined;
  readonly excludedResources?: readonly string[] | undefined;
}): SelectionRules {
  return {
    // The platform's own namespace has rules of its own, whatever an installation says.
    excludedNamespaces: new Set([...(options.excludedNamespaces ?? excludedNamespaces), PLATFORM_NAMESPACE]),
    excludedResources: new Set([...Object.values(sideBoundResources).flat(), ...(options.excludedResources ?? [])]),
    secrets: options.secrets,
  };
}

const WITH_SECRETS = ' with Secrets';

/** What the rules select, as it stands in the checkpoint: other rules, other words. */
export function scopeOf({ excludedNamespaces: namespaces, excludedResources, secrets }: SelectionRules): string {
  const text = JSON.stringify([[...namespaces].sort(), [...excludedResources].sort()]);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${digest}${secrets ? WITH_SECRETS : ' without Secrets'}`;
}

/** Whether Secrets take part in what a checkpoint stands for. */
export function scopeHasSecrets(scope: string): boolean {
  return scope.endsWith(WITH_SECRETS);
}
