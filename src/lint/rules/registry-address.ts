import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  shown,
  type FieldPath,
  type ObjectsRule,
  type ObjectsView,
  type PlacedObject,
} from '../../providers/index.ts';

const key = 'cpaas.io/registry-address';
const form = /^[A-Za-z0-9.-]+:\d{1,5}$/;
/** Repositories may follow the address of images; `/v2/` belongs to calls of the registry's API alone. */
const repositoryForm = /^[A-Za-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._-]+)*$/;

interface Address {
  readonly at: PlacedObject;
  readonly path: FieldPath;
  readonly name: string;
  /** Whose machines or Pods use it. */
  readonly users: string;
  readonly form: RegExp;
  readonly expected: string;
}

function* addresses({ objects, ofKind }: ObjectsView): Generator<Address> {
  const host = { form, expected: '<host>:<port>' };
  for (const at of objects)
    yield { at, path: ['metadata', 'annotations', key], name: 'the registry address', users: 'nodes', ...host };
  for (const at of ofKind('KubeadmControlPlane'))
    yield {
      at,
      path: ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'imageRepository'],
      name: 'the image repository',
      users: 'nodes',
      form: repositoryForm,
      expected: '<host>[:<port>]/<path> without scheme and /v2/',
    };
}

/** An address that means the machine itself, or that only containers of the bootstrap host reach. */
function unreachable(address: string): string | undefined {
  if (/^(127\.|localhost\b)/.test(address)) return 'means the node itself';
  if (address.startsWith('172.18.0.1:')) return 'is reached inside the bootstrap host only';
  return undefined;
}

export const registryAddress: ObjectsRule = {
  code: 'MANIFEST_REGISTRY_ADDRESS',
  severity: 'error',
  what: 'Registry addresses of nodes are <host>:<port>, without scheme and path, and reach the bootstrap host from outside.',
  why: 'Seen when the first node pulls images: references are built from the address, and one that nodes cannot reach leaves Pods of kube-system waiting.',
  guide: 'Step 1',
  needsProvider: false,
  fix: 'Removes scheme and path from the annotation.',
  example: slip(
    `kind: Cluster
metadata:
  name: global
  annotations:
    cpaas.io/registry-address: 10.10.20.5:11443
`,
    'cpaas.io/registry-address: 10.10.20.5:11443',
    'cpaas.io/registry-address: https://10.10.20.5:11443/v2/',
  ),
  *check(view) {
    for (const { at, path, name, users, form: wanted, expected } of addresses(view)) {
      const found = fieldAt(at.object, ...path);
      // A variable that nothing filled in is the matter of another rule.
      if (found === undefined || (typeof found === 'string' && found.includes('${'))) continue;
      const bare = typeof found === 'string' ? found.replace(/^[a-z]+:\/\//, '').replace(/\/(v2\/?)?$/, '') : '';
      if (typeof found !== 'string' || !wanted.test(found) || /\/v2(\/|$)/.test(found))
        yield {
          at,
          path,
          message: `${name} ${shown(found)} is not ${expected}`,
          expected,
          found: shown(found),
          ...(wanted.test(bare) && { fixes: [{ change: 'set', at, path, value: bare }] }),
        };
      else {
        const reason = unreachable(found);
        if (reason !== undefined)
          yield {
            at,
            path,
            message: `${users} use ${name} ${found}, which ${reason}`,
            expected:
              view.site?.bootstrap.registry.nodeAddress ??
              'the address of the bootstrap host that nodes reach, ${HOST_IP}:11443',
            found,
          };
      }
    }
    for (const at of view.ofKind('KubeadmControlPlane')) {
      const path = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'imageRepository'];
      if (fieldAt(at.object, ...path) === undefined)
        yield {
          at,
          path,
          message: 'no image repository is named, so that kubeadm asks the public one',
          expected: 'the repository of the release',
          found: 'nothing',
        };
    }
    // The delivery names one registry for nodes; a second one on the infra cluster would be rewritten alone after the install.
    const { site } = view;
    if (!site) return;
    for (const at of view.ofKind('Cluster')) {
      const path = ['metadata', 'annotations', key];
      const found = fieldAt(at.object, ...path);
      const wanted = site.bootstrap.registry.nodeAddress;
      // The installer writes the platform's own registry into the cluster that it has set up.
      if (at.origin === 'live') continue;
      if (typeof found === 'string' && form.test(found) && found !== wanted && unreachable(found) === undefined)
        yield {
          at,
          path,
          message: `the site has its registry at ${wanted}`,
          expected: wanted,
          found,
          fixes: [{ change: 'set', at, path, value: wanted }],
        };
    }
  },
};
