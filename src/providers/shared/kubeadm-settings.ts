import { fieldAt } from '../../kube/index.ts';
import type { FieldPath, ManifestRule, RuleExample, RuleHit } from '../rule.ts';
import { listAt, shown } from './reading.ts';
import { paths } from './kubeadm-files.ts';
import { slip } from './rule-example.ts';

/** A kubeadm setting that nodes of one role need. */
export interface KubeadmSetting {
  readonly role: 'controlPlane' | 'worker';
  readonly path: FieldPath;
  readonly value: string;
  /** What it is for, for the message. */
  readonly purpose: string;
  /** Whether the text may hold more, e.g. further labels. */
  readonly contains?: true;
}

const masterLabel = 'kube-ovn/role=master';

const masterLabelExample = slip(
  `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    initConfiguration:
      nodeRegistration:
        kubeletExtraArgs:
          node-labels: ${masterLabel}
`,
  masterLabel,
  'role=master',
);

const apiServerArgs = ['clusterConfiguration', 'apiServer', 'extraArgs'];

/** The file comes to every control plane node of a provider that says so, by files or by its controller. */
export const encryptionArgument: KubeadmSetting = {
  role: 'controlPlane',
  path: [...apiServerArgs, 'encryption-provider-config'],
  value: paths.encryptionProvider,
  purpose: 'without it Secrets lie in etcd as they are',
};

/** What all providers need. */
const shared: readonly KubeadmSetting[] = [
  ...(['initConfiguration', 'joinConfiguration'] as const).flatMap((phase): KubeadmSetting[] => [
    {
      role: 'controlPlane',
      path: [phase, 'patches', 'directory'],
      value: paths.patches,
      purpose: 'kubeadm reads the patch of the kubelet there',
    },
    {
      role: 'controlPlane',
      path: [phase, 'nodeRegistration', 'kubeletExtraArgs', 'node-labels'],
      value: masterLabel,
      purpose: 'Kube-OVN puts its database on nodes with that label',
      contains: true,
    },
  ]),
  {
    role: 'controlPlane',
    path: [...apiServerArgs, 'audit-policy-file'],
    value: paths.auditPolicy,
    purpose: 'without it nothing is audited',
  },
  {
    role: 'controlPlane',
    path: [...apiServerArgs, 'admission-control-config-file'],
    value: paths.psaConfig,
    purpose: 'without it Pods of the platform are judged by other rules',
  },
  {
    role: 'controlPlane',
    path: [...apiServerArgs, 'kubelet-certificate-authority'],
    value: '/etc/kubernetes/pki/ca.crt',
    purpose: 'the API server trusts the certificates of kubelets by it',
  },
  {
    role: 'worker',
    path: ['joinConfiguration', 'patches', 'directory'],
    value: paths.patches,
    purpose: 'kubeadm reads the patch of the kubelet there',
  },
];

const facts = {
  code: 'MANIFEST_KUBEADM_SETTING',
  severity: 'error',
  what: 'Labels, patch folder and arguments that network, cloud provider and installer rely on are set.',
  why: 'Seen after the first node: Kube-OVN finds no node for its database, or nodes keep the taint that waits for a cloud provider.',
  guide: 'Step 4; page of the provider',
  fix: 'Sets what is missing.',
} as const;

/** The rule for one provider; `own` adds to what all of them need. */
export function kubeadmSettingsRule(
  own: readonly KubeadmSetting[],
  commands: readonly string[],
  example: RuleExample = masterLabelExample,
): ManifestRule {
  return {
    ...facts,
    example,
    *check({ sources }): Generator<RuleHit> {
      for (const { config: at, configPath } of sources)
        for (const command of at ? commands : []) {
          const path = [...configPath, 'preKubeadmCommands'];
          const written = listAt(at?.object, path);
          if (!at || written.some((line) => typeof line === 'string' && line.includes(command))) continue;
          yield {
            at,
            path,
            message: `no command before kubeadm has ${command}`,
            expected: command,
            found: `${String(written.length)} other commands`,
          };
        }
      for (const { role, config: at, configPath } of sources)
        for (const setting of [...shared, ...own]) {
          if (!at || setting.role !== role) continue;
          const path = [...configPath, ...setting.path];
          const found = fieldAt(at.object, ...path);
          // Another file than that of the guide is judged by the rule about arguments.
          const isPath = typeof found === 'string' && setting.path.includes('apiServer') && found.startsWith('/');
          const isListed =
            setting.contains === true && typeof found === 'string' && found.split(',').includes(setting.value);
          if (isPath || isListed || found === setting.value) continue;
          yield {
            at,
            path,
            message: `${setting.path.slice(-2).join('.')} is ${found === undefined ? 'missing' : shown(found)}; ${setting.purpose}`,
            expected: setting.value,
            found: shown(found),
            ...(found === undefined && { fixes: [{ change: 'set', at, path, value: setting.value }] }),
          };
        }
    },
  };
}
