import type { RuleExample } from '../rule.ts';

/**
 * An example whose mistake is one passage: what is right, and how a person gets `right`, which stands in it once, `wrong`. Throws
 * TypeError when it does not stand there exactly once.
 */
export function slip(good: string, right: string, wrong: string): RuleExample {
  const parts = good.split(right);
  if (parts.length !== 2) throw new TypeError(`${right} stands ${String(parts.length - 1)} times in the example`);
  return { bad: parts.join(wrong), good };
}

const withEncryptionFile = `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    files:
      - path: /etc/kubernetes/encryption-provider.conf
        owner: root:root
        append: false
        permissions: "0644"
        content: |
          apiVersion: apiserver.config.k8s.io/v1
          kind: EncryptionConfiguration
          resources:
            - resources: [secrets]
              providers:
                - aescbc:
                    keys:
                      - name: key1
                        secret: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
`;

/** The encryption file where a provider has none. */
export const needlessEncryptionFile: RuleExample = {
  bad: withEncryptionFile,
  good: `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec: {}
`,
};

/** The encryption file with a key of another name. */
export const misnamedEncryptionKey: RuleExample = slip(
  `# VSphere has this file in a normal install too\n${withEncryptionFile}`,
  'name: key1',
  'name: first',
);
