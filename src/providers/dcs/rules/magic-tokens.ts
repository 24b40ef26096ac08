import { fieldAt } from '../../../kube/index.ts';
import type { FieldPath, ManifestRule, MachineSource } from '../../rule.ts';
import { shown } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

interface Token {
  readonly path: FieldPath;
  readonly word: string;
}

/** Where the provider's words must stand: everywhere but the node IP of the first node, which kubeadm finds by itself. */
function tokensOf({ role, configPath }: MachineSource): Token[] {
  const args = (phase: string): FieldPath => [...configPath, phase, 'nodeRegistration', 'kubeletExtraArgs'];
  return [
    ...(role === 'controlPlane' ? [{ path: [...args('initConfiguration'), 'provider-id'], word: 'PROVIDER_ID' }] : []),
    { path: [...args('joinConfiguration'), 'provider-id'], word: 'PROVIDER_ID' },
    { path: [...args('joinConfiguration'), 'node-ip'], word: 'NODE_IP' },
  ];
}

export const magicTokensRule: ManifestRule = {
  code: 'MANIFEST_TOKEN',
  severity: 'error',
  what: 'provider-id is PROVIDER_ID and node-ip is NODE_IP, word for word.',
  why: 'The provider replaces the two words on each node; anything else makes every node claim the same identity and breaks the join.',
  guide: 'Step 4',
  fix: 'Writes the word.',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    joinConfiguration:
      nodeRegistration:
        kubeletExtraArgs:
          node-ip: NODE_IP
          provider-id: PROVIDER_ID
`,
    'node-ip: NODE_IP',
    'node-ip: 10.10.20.11',
  ),
  *check({ sources }) {
    for (const source of sources) {
      const { config: at } = source;
      if (!at) continue;
      for (const { path, word } of tokensOf(source)) {
        const found = fieldAt(at.object, ...path);
        if (found === word) {
          const written = at.textOf?.(path);
          if (written !== undefined && written !== word && /^["']/.test(written))
            yield {
              at,
              path,
              severity: 'warning',
              message: `${word} stands in quotes; the guide has the bare word, and quotes that reach the node break the join`,
              expected: word,
              found: written,
              hint: 'Remove the quotes.',
            };
          continue;
        }
        yield {
          at,
          path,
          message: `${String(path.at(-1))} is ${shown(found)}; the provider looks for the word ${word}`,
          expected: word,
          found: shown(found),
          fixes: [{ change: 'set', at, path, value: word }],
        };
      }
    }
  },
};
