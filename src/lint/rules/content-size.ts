import { filesOf, listAt, type ManifestRule } from '../../providers/index.ts';

/** Limits of the schemas of KubeadmControlPlane and KubeadmConfigTemplate. */
const contentLimit = 10_240;
const filesLimit = 200;

export const contentSize: ManifestRule = {
  code: 'MANIFEST_CONTENT_SIZE',
  severity: 'error',
  what: `Inline content of a kubeadm file has at most ${String(contentLimit)} characters, and there are at most ${String(filesLimit)} files.`,
  why: 'Seen when the manifest is applied: the API server refuses the object as a whole.',
  guide: 'Step 4',
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
