import { filesOf, listAt, type ManifestRule } from '../../providers/index.ts';

/** Limits of the schemas of KubeadmControlPlane and KubeadmConfigTemplate. */
const contentLimit = 10_240;
const filesLimit = 200;

/** A part of a control plane whose audit policy begins with comments. */
function auditPolicy(comments: string): string {
  const indented = comments.replace(/^(?=.)/gm, '          ');
  return `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    files:
      - path: /etc/kubernetes/audit/policy.yaml
        content: |
${indented}          apiVersion: audit.k8s.io/v1
          kind: Policy
          rules: [{ level: Metadata }]
`;
}

export const contentSize: ManifestRule = {
  code: 'MANIFEST_CONTENT_SIZE',
  severity: 'error',
  what: `Inline content of a kubeadm file has at most ${String(contentLimit)} characters, and there are at most ${String(filesLimit)} files.`,
  why: 'Seen when the manifest is applied: the API server refuses the object as a whole.',
  guide: 'Step 4',
  example: { bad: auditPolicy('# one of too many lines\n'.repeat(500)), good: auditPolicy('') },
  *check({ sources }) {
    for (const source of sources) {
      const { config: at, configPath } = source;
      if (!at) continue;
      const count = listAt(at.object, [...configPath, 'files']).length;
      if (count > filesLimit)
        yield {
          at,
          path: [...configPath, 'files'],
          message: `${String(count)} files are more than the API server takes`,
          expected: `at most ${String(filesLimit)}`,
          found: String(count),
        };
      for (const { path, file, at: place } of filesOf(source)) {
        const { content } = file;
        if (typeof content !== 'string') continue;
        // The schema counts code points.
        const length = [...content].length;
        if (length > contentLimit)
          yield {
            at,
            path: [...place, 'content'],
            message: `the content of ${path} has ${String(length)} characters`,
            expected: `at most ${String(contentLimit)}`,
            found: String(length),
          };
      }
    }
  },
};
