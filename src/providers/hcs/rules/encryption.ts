import type { ManifestRule } from '../../rule.ts';
import { needlessEncryptionFile } from '../../shared/rule-example.ts';
import { paths } from '../../shared/kubeadm-files.ts';
import { filesOf, listAt } from '../../shared/reading.ts';

const sansPath = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'local', 'serverCertSANs'];

export const encryptionRule: ManifestRule = {
  code: 'MANIFEST_ENCRYPTION',
  severity: 'error',
  what: 'HCS has the encryption file among the kubeadm files in disaster recovery, and only then.',
  why: 'In a normal install the controller makes the file; in a pair both sides need the same bytes.',
  guide: 'Step 4; Optional Disaster Recovery Deployment',
  example: needlessEncryptionFile,
  *check({ sources, site }) {
    for (const source of sources) {
      if (source.role !== 'controlPlane' || !source.config) continue;
      const file = filesOf(source).find(({ path }) => path === paths.encryptionProvider);
      // Without a site the certificate tells: three names are those of a pair, two those of a normal install.
      const names = new Set(listAt(source.config.object, sansPath)).size;
      const pair = site ? site.dr !== undefined : names >= 3 || (file !== undefined && names === 0);
      // More than two names can have other reasons, so that only the site says that the file is missing.
      if ((file !== undefined) === pair || (!site && file === undefined)) continue;
      yield {
        at: source.config,
        path: file?.at ?? [...source.configPath, 'files'],
        message: file ? 'a normal install has no encryption file' : 'the encryption file of the pair is missing',
        expected: pair ? `an entry with path ${paths.encryptionProvider}` : 'no such entry in files',
        found: file ? file.path : 'none',
        hint: file
          ? 'Remove the entry. In disaster recovery serverCertSANs names both VIPs and the platform host as well.'
          : undefined,
      };
    }
  },
};
