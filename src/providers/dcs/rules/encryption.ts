import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule } from '../../rule.ts';
import { needlessEncryptionFile } from '../../shared/rule-example.ts';
import { paths } from '../../shared/kubeadm-files.ts';
import { filesOf, shown } from '../../shared/reading.ts';

const secretName = 'encryption-provider-config';
const reference = ['spec', 'encryptionProviderConfigRef', 'name'];

export const encryptionRule: ManifestRule = {
  code: 'MANIFEST_ENCRYPTION',
  severity: 'error',
  what: 'DCS has no encryption file among the kubeadm files; the key comes by reference, in disaster recovery only.',
  why: 'The provider writes the file by itself; a second one would give the two sides of a pair different keys.',
  guide: 'Step 4; Optional Disaster Recovery Deployment',
  example: needlessEncryptionFile,
  *check({ sources, ofKind, site }) {
    for (const source of sources)
      for (const { path, at } of filesOf(source))
        if (path === paths.encryptionProvider && source.config)
          yield {
            at: source.config,
            path: at,
            message: 'the encryption file must not be a kubeadm file on DCS',
            expected: 'no such entry in files',
            found: path,
            hint: 'Remove the entry; in disaster recovery use DCSCluster.spec.encryptionProviderConfigRef.',
          };
    if (!site) return;
    const expected = site.dr ? secretName : undefined;
    for (const at of ofKind('DCSCluster')) {
      const found = fieldAt(at.object, ...reference);
      if (found !== expected)
        yield {
          at,
          path: reference,
          message: site.dr
            ? 'disaster recovery hands the shared key over by encryptionProviderConfigRef'
            : 'a normal install sets no encryptionProviderConfigRef',
          expected: expected ?? 'no reference',
          found: shown(found),
        };
    }
  },
};
