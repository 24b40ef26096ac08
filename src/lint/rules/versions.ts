import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  shown,
  type FieldPath,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
} from '../../providers/index.ts';

const form = /^v\d+\.\d+\.\d+([-+.][0-9A-Za-z.+-]+)?$/;

interface VersionField {
  readonly at: PlacedObject;
  readonly path: FieldPath;
}

function* versionFields({ sources, scope }: ManifestView): Generator<VersionField> {
  for (const { owner: at, role } of sources)
    yield { at, path: role === 'controlPlane' ? ['spec', 'version'] : ['spec', 'template', 'spec', 'version'] };
  const cluster = scope.root;
  const path = ['metadata', 'annotations', 'capi.cpaas.io/kubernetes'];
  if (cluster && fieldAt(cluster.object, ...path) !== undefined) yield { at: cluster, path };
}

export const versions: ManifestRule = {
  code: 'MANIFEST_VERSION',
  severity: 'error',
  what: 'Control plane, workers and annotation have one Kubernetes version, written with its v.',
  why: 'The version selects image tags and equals the one built into the node image; any difference keeps nodes from joining.',
  guide: 'Step 1',
  example: slip(
    `kind: MachineDeployment
metadata:
  name: global-md-0
spec:
  template:
    spec:
      version: v1.33.7-2
`,
    'version: v1.33.7-2',
    'version: v1.33.6 # the control plane has v1.33.7-2',
  ),
  *check(view) {
    const fields = [...versionFields(view)];
    const expected =
      view.site?.versions.kubernetes ??
      fields
        .map(({ at, path }) => fieldAt(at.object, ...path))
        .find((text) => typeof text === 'string' && form.test(text));
    for (const { at, path } of fields) {
      const found = fieldAt(at.object, ...path);
      if (typeof found !== 'string' || !form.test(found))
        yield {
          at,
          path,
          message: `${shown(found)} is not a version with a leading v`,
          expected: typeof expected === 'string' ? expected : 'v<major>.<minor>.<patch>',
          found: shown(found),
        };
      else if (found !== expected)
        yield { at, path, message: `the version differs from the rest`, expected: shown(expected), found };
    }
  },
};
