import type { ManifestRule } from '../../rule.ts';
import { paths } from '../../shared/kubeadm-files.ts';
import { filesOf } from '../../shared/reading.ts';

export const encryptionRule: ManifestRule = {
  code: 'MANIFEST_ENCRYPTION',
  severity: 'error',
  what: "The control plane's files hold /etc/kubernetes/encryption-provider.conf, in a normal install too.",
  why: 'The API server argument names the file, and VSphereCluster has no other way to deliver it.',
  guide: 'Step 4',
  *check({ sources }) {
    for (const source of sources) {
      if (source.role !== 'controlPlane' || !source.config) continue;
      if (filesOf(source).some(({ path }) => path === paths.encryptionProvider)) continue;
      yield {
        at: source.config,
        path: [...source.configPath, 'files'],
        message: 'the encryption file is missing from files',
        expected: `an entry with path ${paths.encryptionProvider}`,
        found: 'none',
      };
    }
  },
};
