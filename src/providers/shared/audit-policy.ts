import { paths, type KubeadmFile } from './kubeadm-files.ts';

interface GroupResources {
  group: string;
  resources?: string[];
}

interface AuditRule {
  level: 'None' | 'Metadata' | 'RequestResponse';
  users?: string[];
  verbs?: string[];
  namespaces?: string[];
  nonResourceURLs?: string[];
  resources?: GroupResources[];
}

const loggedGroups = [
  ...[
    '',
    'aiops.alauda.io',
    'apps',
    'app.k8s.io',
    'authentication.istio.io',
    'auth.alauda.io',
    'autoscaling',
    'asm.alauda.io',
  ],
  ...[
    'clusterregistry.k8s.io',
    'crd.alauda.io',
    'infrastructure.alauda.io',
    'monitoring.coreos.com',
    'operators.coreos.com',
  ],
  ...[
    'networking.istio.io',
    'extensions.istio.io',
    'install.istio.io',
    'security.istio.io',
    'telemetry.istio.io',
    'opentelemetry.io',
  ],
  ...['networking.k8s.io', 'portal.alauda.io', 'rbac.authorization.k8s.io', 'storage.k8s.io', 'tke.cloud.tencent.com'],
  ...[
    'devopsx.alauda.io',
    'core.katanomi.dev',
    'deliveries.katanomi.dev',
    'integrations.katanomi.dev',
    'artifacts.katanomi.dev',
  ],
  ...['builds.katanomi.dev', 'versioning.katanomi.dev', 'sources.katanomi.dev', 'tekton.dev', 'operator.tekton.dev'],
  ...[
    'eventing.knative.dev',
    'flows.knative.dev',
    'messaging.knative.dev',
    'operator.knative.dev',
    'sources.knative.dev',
  ],
  ...['operator.devops.alauda.io', 'flagger.app', 'jaegertracing.io'],
];

/** The twelve rules of the reference (dcs.md §6), in the order in which the API server tries them. */
export const auditRules: readonly AuditRule[] = [
  {
    level: 'None',
    users: [
      'system:kube-controller-manager',
      'system:kube-scheduler',
      'system:serviceaccount:kube-system:endpoint-controller',
    ],
    verbs: ['get', 'update'],
    namespaces: ['kube-system'],
    resources: [{ group: '', resources: ['endpoints'] }],
  },
  { level: 'None', nonResourceURLs: ['/healthz*', '/version', '/swagger*'] },
  { level: 'None', resources: [{ group: '', resources: ['events'] }] },
  { level: 'None', resources: [{ group: 'devops.alauda.io' }] },
  { level: 'None', verbs: ['get', 'list', 'watch'] },
  { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
  {
    level: 'None',
    resources: [
      { group: 'authorization.k8s.io', resources: ['subjectaccessreviews', 'selfsubjectaccessreviews'] },
      { group: 'authentication.k8s.io', resources: ['tokenreviews'] },
    ],
  },
  {
    level: 'None',
    resources: [
      { group: 'app.alauda.io', resources: ['imagewhitelists'] },
      { group: 'k8s.io', resources: ['namespaceoverviews'] },
    ],
  },
  { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'configmaps'] }] },
  {
    level: 'Metadata',
    resources: [
      { group: 'operator.connectors.alauda.io', resources: ['installmanifests'] },
      { group: 'operators.katanomi.dev', resources: ['katanomis'] },
    ],
  },
  {
    level: 'RequestResponse',
    resources: [
      ...loggedGroups.map((group) => ({ group })),
      { group: 'velero.io', resources: ['deletebackuprequests'] },
      { group: 'connectors.alauda.io' },
      { group: 'operator.connectors.alauda.io', resources: ['connectorscores', 'connectorsgits', 'connectorsocis'] },
    ],
  },
  { level: 'Metadata' },
];

const quote = (text: string): string =>
  text === '' || /^[*&!|>'"%@`{[]|[:#*]/.test(text) ? JSON.stringify(text) : text;

/** One rule as block YAML under `rules:`. Written by hand: this file is loaded on every start, a YAML library need not be. */
function ruleText(rule: AuditRule): string[] {
  const lines = [`- level: ${rule.level}`];
  for (const key of ['users', 'verbs', 'namespaces', 'nonResourceURLs'] as const) {
    const values = rule[key];
    if (values) lines.push(`  ${key}:`, ...values.map((value) => `  - ${quote(value)}`));
  }
  if (rule.resources) {
    lines.push('  resources:');
    for (const { group, resources } of rule.resources) {
      lines.push(`  - group: ${quote(group)}`);
      if (resources) lines.push('    resources:', ...resources.map((name) => `    - ${quote(name)}`));
    }
  }
  return lines;
}

const header = ['apiVersion: audit.k8s.io/v1', 'kind: Policy'];

export const fullAuditPolicyText = `${[...header, 'omitStages:', '- RequestReceived', 'rules:', ...auditRules.flatMap(ruleText)].join('\n')}\n`;

/** HCS logs the metadata of everything (hcs.md §5). */
export const metadataAuditPolicyText = `${[...header, 'rules:', '- level: Metadata'].join('\n')}\n`;

/** DCS and vSphere: the twelve rules. */
export const fullAuditPolicyFile: KubeadmFile = {
  path: paths.auditPolicy,
  owner: 'root:root',
  append: false,
  permissions: '0644',
  content: fullAuditPolicyText,
};

export const metadataAuditPolicyFile: KubeadmFile = {
  path: paths.auditPolicy,
  owner: 'root:root',
  permissions: '0644',
  content: metadataAuditPolicyText,
};
