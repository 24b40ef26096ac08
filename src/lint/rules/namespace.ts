import { fieldAt, PLATFORM_NAMESPACE, splitApiVersion, wellKnownResource } from '../../kube/index.ts';
import {
  slip,
  IMPORT_CONFIG_MAP,
  INSTALLER_REQUEST,
  type ObjectsRule,
  type ObjectsView,
  type PlacedObject,
} from '../../providers/index.ts';

/** Objects that are looked for in one namespace only, whoever wrote them. */
function* bound({ objects, provider, ofKind, find, isRead }: ObjectsView): Generator<PlacedObject> {
  for (const at of objects) {
    const { apiVersion, kind, metadata } = at.object;
    const { group } = splitApiVersion(apiVersion);
    const ofClusterApi = group === 'cluster.x-k8s.io' || group.endsWith('.cluster.x-k8s.io');
    if (ofClusterApi && wellKnownResource(apiVersion, kind)?.namespaced !== false) yield at;
    else if (kind === 'AppRelease') yield at;
    else if (kind === 'ConfigMap' && metadata.name === IMPORT_CONFIG_MAP) yield at;
  }
  if (!isRead('Secret')) return;
  for (const cluster of provider ? ofKind(provider.kinds.cluster.kind) : [])
    for (const reference of [provider?.shape.credentialRef ?? [], ['spec', 'encryptionProviderConfigRef', 'name']]) {
      const secret = find('Secret', fieldAt(cluster.object, ...reference));
      if (secret) yield secret;
    }
}

export const namespaceRule: ObjectsRule = {
  code: 'MANIFEST_NAMESPACE',
  severity: 'error',
  what: 'Cluster API and provider objects, their Secrets, AppReleases and the import ConfigMap live in cpaas-system.',
  why: 'Installer, import and the delivery of the cloud provider look into that namespace only; an object elsewhere is passed over without an error.',
  guide: 'Step 4',
  needsProvider: false,
  fix: 'Sets metadata.namespace.',
  example: slip(
    `kind: DCSMachineTemplate
metadata:
  name: global-master-template
  namespace: cpaas-system
`,
    'namespace: cpaas-system',
    'namespace: default',
  ),
  *check(view) {
    for (const at of bound(view)) {
      const { kind, metadata } = at.object;
      if (kind === INSTALLER_REQUEST || metadata.namespace === PLATFORM_NAMESPACE) continue;
      const path = ['metadata', 'namespace'];
      yield {
        at,
        path,
        message: `${kind} ${String(metadata.name)} is ${metadata.namespace === undefined ? 'in no namespace' : `in namespace ${metadata.namespace}`}`,
        expected: PLATFORM_NAMESPACE,
        found: metadata.namespace ?? 'nothing',
        fixes: [{ change: 'set', at, path, value: PLATFORM_NAMESPACE }],
      };
    }
  },
};
