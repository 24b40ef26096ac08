import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

export const tokensRule: ManifestRule = {
  code: 'MANIFEST_TOKEN',
  severity: 'error',
  what: 'HCS manifests set neither provider-id nor node-ip.',
  why: 'The provider sets both by itself and replaces no words: they would be taken literally.',
  guide: 'Step 4',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    joinConfiguration:
      nodeRegistration:
        kubeletExtraArgs:
          node-labels: kube-ovn/role=master
`,
    'node-labels: kube-ovn/role=master',
    'provider-id: PROVIDER_ID',
  ),
  *check({ sources }) {
    for (const { config: at, configPath } of sources) {
      if (!at) continue;
      for (const list of ['preKubeadmCommands', 'postKubeadmCommands'])
        for (const [index, command] of listAt(at.object, [...configPath, list]).entries()) {
          const word = typeof command === 'string' ? /\b(?:PROVIDER_ID|NODE_IP)\b/.exec(command)?.[0] : undefined;
          if (word !== undefined && !String(command).includes(`$${word}`) && !String(command).includes(`${word}=`))
            yield {
              at,
              path: [...configPath, list, index],
              message: `nothing replaces the word ${word} on HCS`,
              expected: 'a command without it',
              found: shown(command),
            };
        }
      for (const phase of ['initConfiguration', 'joinConfiguration'])
        for (const argument of ['provider-id', 'node-ip']) {
          const path = [...configPath, phase, 'nodeRegistration', 'kubeletExtraArgs', argument];
          const found = fieldAt(at.object, ...path);
          if (found === undefined) continue;
          yield {
            at,
            path,
            message: `${argument} is set by the provider`,
            expected: 'no such argument',
            found: shown(found),
          };
        }
    }
  },
};
