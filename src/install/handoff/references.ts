import {
  describeObject,
  isKubeReason,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import type { ProviderKinds } from '../../providers/index.ts';
import { someOf, type Finding } from './gate.ts';

/** What the bootstrap cluster is known by: registry addresses, its API server, its name. */
export interface BootstrapNames {
  readonly registries: readonly string[];
  /** `https://host:port` */
  readonly server: string;
}

/** Records of the past, which nothing acts upon: what was applied, and which release held which values. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const RELEASE_RECORD = 'helm.sh/release.v1';

/** Looks through what the new cluster works from for anything that points to the bootstrap cluster, which is about to go. */
export async function checkReferences(options: {
  readonly cluster: KubeClient;
  readonly kinds: ProviderKinds;
  readonly names: BootstrapNames;
  readonly signal: AbortSignal;
}): Promise<Finding> {
  const { cluster, kinds, names, signal } = options;
  const looked: readonly (readonly [Resource, string | undefined])[] = [
    ...[
      resources.clusters,
      resources.kubeadmControlPlanes,
      resources.kubeadmConfigTemplates,
      resources.machineDeployments,
      resources.clusterResourceSets,
      resources.appReleases,
      resources.secrets,
      resources.configMaps,
      kinds.cluster,
      kinds.machineTemplate,
      kinds.pool,
    ].map((resource): [Resource, string] => [resource, PLATFORM_NAMESPACE]),
    ...[
      resources.deployments,
      resources.daemonSets,
      resources.statefulSets,
      resources.services,
      resources.moduleInfoes,
      resources.modulePlugins,
    ].map((resource): [Resource, undefined] => [resource, undefined]),
  ];
  const found: string[] = [];
  let objects = 0;
  for (const [resource, namespace] of looked)
    try {
      for await (const { items } of cluster.listPages(resource, { namespace, signal }))
        for (const object of items) {
          if (isRecord(object)) continue;
          objects++;
          for (const { path, word } of referencesIn(object, names))
            found.push(`${describeObject(object)} ${path}: ${word}`);
        }
    } catch (error) {
      // A kind that this cluster does not serve holds no reference.
      if (!isKubeReason(error, 'NotFound')) throw error;
    }
  return { ok: found.length === 0, observed: found.length > 0 ? someOf(found) : `none in ${String(objects)} objects` };
}

/** Boot data of a machine, which hangs on its KubeadmConfig, was used when it booted; a new machine gets new data. */
function isRecord({ kind, type, metadata }: KubeObject): boolean {
  if (kind !== 'Secret') return false;
  return type === RELEASE_RECORD || (metadata.ownerReferences ?? []).some((owner) => owner.kind === 'KubeadmConfig');
}

/** Where an object names the bootstrap cluster; the values of Secrets are decoded. What it reports about itself is left out. */
export function referencesIn(
  object: KubeObject,
  { registries, server }: BootstrapNames,
): { readonly path: string; readonly word: string }[] {
  const words = [...registries, server.replace(/^https?:\/\//, ''), 'minialauda'];
  const { status: _status, metadata, ...content } = object;
  const { [LAST_APPLIED]: _applied, ...annotations } = metadata.annotations ?? {};
  const found: { path: string; word: string }[] = [];
  const visit = (value: unknown, path: string, decode: boolean): void => {
    if (typeof value === 'string') {
      const text = decode ? Buffer.from(value, 'base64').toString('utf8') : value;
      const word = words.find((w) => mentions(text, w));
      if (word !== undefined) found.push({ path, word });
    } else if (Array.isArray(value))
      for (const [i, item] of value.entries()) visit(item, `${path}[${String(i)}]`, decode);
    else if (value !== null && typeof value === 'object')
      for (const [key, item] of Object.entries(value)) {
        const secret = object.kind === 'Secret' && path === '' && key === 'data';
        visit(item, path === '' ? key : `${path}.${key}`, decode || secret);
      }
  };
  visit(content, '', false);
  visit(annotations, 'metadata.annotations', false);
  return found;
}

/** Whether a text names an address or a word, and not a longer one that holds it (`10.0.0.1:11443` in `110.0.0.1:114430`). */
function mentions(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const [before = '', after = ''] = [text[at - 1], text[at + word.length]];
    if (!/[A-Za-z0-9.]/.test(before) && !/[A-Za-z0-9]/.test(after)) return true;
  }
  return false;
}
