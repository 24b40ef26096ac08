import type { ManifestRule } from '../../rule.ts';
import { isRecord, listAt } from '../../shared/reading.ts';
import { slip } from '../../shared/rule-example.ts';

/** One line of OpenSSH: kind, key, comment. */
const form = /^(ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/]+=*( .*)?$/;

export const sshKeysRule: ManifestRule = {
  code: 'MANIFEST_SSH_KEYS',
  severity: 'error',
  what: 'With ignition the user boot has at least one SSH key.',
  why: 'The validation of ignition refuses an empty list, so no node would boot.',
  guide: 'Step 4',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    users:
      - name: boot
        sshAuthorizedKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqAeJq1JKaZulHwEZc+FbnNBuJegZm5i9DS74LzfQ58]
`,
    'sshAuthorizedKeys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqAeJq1JKaZulHwEZc+FbnNBuJegZm5i9DS74LzfQ58]',
    'sshAuthorizedKeys: []',
  ),
  *check({ sources }) {
    for (const { config: at, configPath } of sources) {
      if (!at) continue;
      const path = [...configPath, 'users'];
      const users = listAt(at.object, path).filter(isRecord);
      const boot = users.find((user) => user['name'] === 'boot');
      const keys = listAt(boot, ['sshAuthorizedKeys']);
      if (keys.length > 0 && keys.every((key) => typeof key === 'string' && (form.test(key) || key.includes('${'))))
        continue;
      yield {
        at,
        path,
        message: boot
          ? keys.length === 0
            ? 'user boot has no SSH key'
            : 'an SSH key of user boot is none'
          : 'there is no user boot',
        expected: 'user boot with sshAuthorizedKeys',
        found: users.length === 0 ? 'no users' : users.map((user) => String(user['name'])).join(', '),
      };
    }
  },
};
