import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  shown,
  type FieldPath,
  type ManifestRule,
  type ManifestView,
  type PlacedObject,
  type RuleHit,
} from '../../providers/index.ts';
import { versionRows, versionRowsOfKubernetes, type VersionRow } from '../../site/index.ts';

const configuration = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration'];

interface Tag {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly name: string;
  readonly column: 'coredns' | 'etcd' | 'kubeOvnChart';
}

function tagsOf({ ofKind, scope }: ManifestView): Tag[] {
  const ofControlPlane = ofKind('KubeadmControlPlane').flatMap((at): Tag[] => [
    { at, path: [...configuration, 'dns', 'imageTag'], name: 'the CoreDNS tag', column: 'coredns' },
    { at, path: [...configuration, 'etcd', 'local', 'imageTag'], name: 'the etcd tag', column: 'etcd' },
  ]);
  const path = ['metadata', 'annotations', 'cpaas.io/kube-ovn-version'];
  const { root } = scope;
  return [
    ...ofControlPlane,
    ...(root ? [{ at: root, path, name: 'the Kube-OVN version', column: 'kubeOvnChart' } as const] : []),
  ];
}

/** The row that agrees with the manifest in most columns; several releases can carry one Kubernetes. */
function bestRow(rows: readonly VersionRow[], tags: readonly Tag[]): VersionRow | undefined {
  const agreeing = (row: VersionRow): number =>
    tags.filter(({ at, path, column }) => fieldAt(at.object, ...path) === row[column]).length;
  return rows.toSorted((a, b) => agreeing(b) - agreeing(a))[0];
}

/** Where a machine template names the image that its VMs are made from. */
const imageFields = ['vmTemplateName', 'template', 'imageName'];

/** An image that is known to hold another Kubernetes; one under a name of the site's own cannot be judged. */
function* imageHits({ sources, provider }: ManifestView, version: unknown): Generator<RuleHit> {
  const known = versionRowsOfKubernetes(shown(version));
  // A Kubernetes that the table does not know may come in an image that keeps an older name.
  if (known.length === 0) return;
  for (const at of new Set(sources.flatMap(({ template }) => template ?? [])))
    for (const field of imageFields) {
      const path = ['spec', 'template', 'spec', field];
      const found = fieldAt(at.object, ...path);
      // vSphere takes the path of a template as well as its name.
      const image = typeof found === 'string' ? found.split('/').at(-1) : undefined;
      const rows = versionRows.filter((row) => row.image !== undefined && row.image === image);
      if (rows.length === 0 || rows.some(({ kubernetes }) => kubernetes === version)) continue;
      const expected = known.flatMap(({ image: right }) => right ?? []);
      yield {
        at,
        path,
        message: `image ${shown(found)} holds Kubernetes ${String(rows[0]?.kubernetes)}; the control plane has ${shown(version)}`,
        expected:
          [...new Set(expected)].join(' or ') || `the image with Kubernetes ${shown(version)} for ${provider.title}`,
        found: shown(found),
        hint: 'The Kubernetes of the image and the version of control plane and workers are one: correct the one that is wrong.',
      };
    }
}

export const versionSet: ManifestRule = {
  code: 'MANIFEST_VERSION_SET',
  severity: 'error',
  what: 'Image, CoreDNS, etcd and the Kube-OVN chart have the versions of the release that carries this Kubernetes, spelled as in its row.',
  why: 'Seen when the first node pulls images: the image template and the registry of a release hold its own tags alone.',
  guide: 'Naming Convention (supported version set)',
  siteChecksIt: true,
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  version: v1.33.7-2
  kubeadmConfigSpec:
    clusterConfiguration:
      dns:
        imageTag: 1.12.4-v4.2.7
`,
    'imageTag: 1.12.4-v4.2.7',
    'imageTag: 1.12.4-v4.2.8 # of v1.33.7-3',
  ),
  *check(view) {
    const version = fieldAt(view.ofKind('KubeadmControlPlane')[0]?.object, 'spec', 'version');
    const tags = tagsOf(view);
    yield* imageHits(view, version);
    const rows = typeof version === 'string' ? versionRowsOfKubernetes(version) : [];
    const row = bestRow(rows, tags);
    for (const { at, path, name, column } of tags) {
      const found = fieldAt(at.object, ...path);
      // What the table does not know cannot be compared; a missing annotation is the matter of another rule.
      const expected = row?.[column];
      if (found === undefined ? column === 'kubeOvnChart' : expected === undefined || found === expected) continue;
      yield {
        at,
        path,
        message:
          found === undefined
            ? `${name} is missing, so that kubeadm takes one of its own`
            : `${name} ${shown(found)} is not that of release ${String(row?.platform)}, which carries Kubernetes ${shown(version)}`,
        expected: expected ?? 'the tag of the release',
        found: shown(found),
        ...(column === 'kubeOvnChart' &&
          rows.some((other) => other.kubeOvnComponent === found) && {
            hint: 'This is the version of the component; the annotation takes the version of the chart.',
          }),
        ...(rows.length === 1 && expected !== undefined && { fixes: [{ change: 'set', at, path, value: expected }] }),
      };
    }
  },
  fix: 'Writes the versions of the release where one release alone carries the Kubernetes version.',
};
