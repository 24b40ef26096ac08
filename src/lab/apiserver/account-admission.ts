import type { KubeObject } from '../../kube/index.ts';
import type { ApiContext } from './api-context.ts';
import { objectsIn, setDefault, textOf, type JsonObject } from './json.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { forbidden } from './status-error.ts';

/** Where programs in a container look for the credentials of their account. */
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** An hour, and the seven seconds by which kubelets know tokens that nobody asked for by hand. */
const TOKEN_SECONDS = 3607;

/**
 * The admission plug-in ServiceAccount on a Pod that is created: the account is `default` where none is named, must exist, and
 * gives its pull secrets and, unless the Pod or the account says no, a volume with its token. Pods that mirror a static Pod get
 * nothing. Changes the Pod; throws Forbidden.
 */
export async function admitAccount(
  { accountAdmission, storage, random }: ApiContext,
  definition: ResourceDefinition,
  pod: KubeObject,
): Promise<void> {
  if (!accountAdmission || definition.group !== '' || definition.plural !== 'pods') return;
  const { name = '', namespace = '', annotations } = pod.metadata;
  const spec = pod.spec as JsonObject;
  if (annotations?.['kubernetes.io/config.mirror'] !== undefined) {
    if (textOf(spec.serviceAccountName) !== '')
      throw forbidden(definition, name, 'a mirror pod may not reference service accounts');
    return;
  }
  setDefault(spec, 'serviceAccountName', 'default');
  setDefault(spec, 'serviceAccount', spec.serviceAccountName);
  const accountName = textOf(spec.serviceAccountName);
  const account = (await storage.get(`/registry/serviceaccounts/${namespace}/${accountName}`))?.object;
  if (!account)
    throw forbidden(
      definition,
      name,
      `error looking up service account ${namespace}/${accountName}: serviceaccount "${accountName}" not found`,
    );
  const pullSecrets = objectsIn(account.imagePullSecrets);
  if (objectsIn(spec.imagePullSecrets).length === 0 && pullSecrets.length > 0)
    spec.imagePullSecrets = pullSecrets.map((secret) => ({ name: secret.name }));
  const mounts = spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true;
  if (mounts === true) mountToken(spec, VOLUME_PREFIX + random.suffix(5, 'api-access', namespace, name));
}

/** Mounts the token into every container that has nothing at its place; the volume is added when one does. */
function mountToken(spec: JsonObject, freshName: string): void {
  const volumes = objectsIn(spec.volumes);
  const standing = volumes.find((volume) => textOf(volume.name).startsWith(VOLUME_PREFIX));
  const name = standing ? textOf(standing.name) : freshName;
  let isNeeded = false;
  for (const container of [...objectsIn(spec.initContainers), ...objectsIn(spec.containers)]) {
    const mounts = objectsIn(container.volumeMounts);
    if (mounts.some((mount) => mount.mountPath === MOUNT_PATH)) continue;
    container.volumeMounts = [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }];
    isNeeded = true;
  }
  if (isNeeded && !standing) spec.volumes = [...volumes, tokenVolume(name)];
}

function tokenVolume(name: string): JsonObject {
  const item = (key: string, more: JsonObject): JsonObject => ({ ...more, path: key });
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: item('token', { expirationSeconds: TOKEN_SECONDS }) },
        { configMap: { name: 'kube-root-ca.crt', items: [item('ca.crt', { key: 'ca.crt' })] } },
        {
          downwardAPI: {
            items: [item('namespace', { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } })],
          },
        },
      ],
      defaultMode: 0o644,
    },
  };
}
