import { fieldAt } from '../../kube/index.ts';
import { slip, shown, type ManifestRule } from '../../providers/index.ts';

export const format: ManifestRule = {
  code: 'MANIFEST_FORMAT',
  severity: 'error',
  what: 'The bootstrap format is the one that the provider takes, on control plane and workers.',
  why: "The provider's controller refuses every machine with another format.",
  guide: 'Step 4',
  fix: 'Writes the word of the provider.',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    format: ignition
`,
    'format: ignition',
    'format: cloud-config # DCS takes ignition only',
  ),
  *check({ provider, sources }) {
    const { write, mayBeAbsent, refusal } = provider.format;
    for (const { config: at, configPath } of sources) {
      if (!at) continue;
      const path = [...configPath, 'format'];
      const found = fieldAt(at.object, ...path);
      if (found === write || (found === undefined && mayBeAbsent)) continue;
      yield {
        at,
        path,
        message: `${provider.title} does not take this format: ${refusal(shown(found))}`,
        expected: mayBeAbsent ? `${write}, or no format` : write,
        found: shown(found),
        fixes: [{ change: 'set', at, path, value: write }],
        ...(found === 'cloud-init' && { hint: "The field's word for cloud-init is cloud-config." }),
      };
    }
  },
};
