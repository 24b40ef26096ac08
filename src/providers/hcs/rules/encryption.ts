import type { ManifestRule } from '../../rule.ts';
import { paths } from '../../shared/kubeadm-files.ts';
import { filesOf } from '../../shared/reading.ts';

export const encryptionRule: ManifestRule = {
  code: 'MANIFEST_ENCRYPTION',
  severity: 'error',
  what: 'HCS has the encryption file among the kubeadm files in disaster recovery, and only then.',
  why: 'In a normal install the controller makes the file; in a pair both sides need the same bytes.',
  guide: 'Step 4; Optional Disaster Recovery Deployment',
  *check({ sources, site }) {
    if (!site) return;
    for (const source of sources) {
      if (source.role !== 'controlPlane' || !source.config) continue;
      const file = filesOf(source).find(({ path }) => path === paths.encryptionProvider);
      if ((file !== undefined) === (site.dr !== undefined)) continue;
      yield {
        at: source.config,
        path: file?.at ?? [...source.configPath, 'files'],
        message: file ? 'a normal install has no encryption file' : 'the encryption file of the pair is missing',
        expected: site.dr ? `an entry with path ${paths.encryptionProvider}` : 'no such entry in files',
        found: file ? file.path : 'none',
      };
    }
  },
};
