import { fieldAt } from '../../kube/index.ts';
import type { FieldPath, ManifestRule, RuleExample, RuleHit } from '../rule.ts';
import { shown } from './reading.ts';
import { paths } from './kubeadm-files.ts';

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
export function kubeadmSettingsRule(own: readonly KubeadmSetting[], example: RuleExample): ManifestRule {
  return {
    ...facts,
    example,
    *check({ sources }): Generator<RuleHit> {
      for (const { role, config: at, configPath } of sources)
        for (const setting of [...shared, ...own]) {
          if (!at || setting.role !== role) continue;
          const path = [...configPath, ...setting.path];
          const found = fieldAt(at.object, ...path);
          const fits =
            setting.contains === true && typeof found === 'string'
              ? found.split(',').includes(setting.value)
              : found === setting.value;
          if (fits) continue;
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
