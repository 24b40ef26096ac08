import { GlobalctlError } from '../../../base/index.ts';
import {
  conditionOf,
  fieldAt,
  isKubeReason,
  qualifiedName,
  resources,
  watchUntil,
  type KubeClient,
  type KubeObject,
} from '../../../kube/index.ts';
import { definedResource, isClusterApiGroup } from '../../move/index.ts';
import type { ImportItem } from './import-item.ts';

const crds = resources.customResourceDefinitions;

/**
 * Gives the target the custom resource definitions of everything in Cluster API's groups and of the items, and waits until
 * they are served. Definitions that the target has already are left as they are.
 */
export async function importDefinitions(options: {
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly items: readonly ImportItem[];
  readonly signal: AbortSignal;
}): Promise<readonly string[]> {
  const { source, target, items, signal } = options;
  const needed = new Set(items.map(({ resource }) => qualifiedName(resource)));
  const { items: present } = await source.list(crds, { signal });
  const wanted = present.filter((crd) => {
    const { group } = definedResource(crd).resource;
    return isClusterApiGroup(group) || needed.has(crd.metadata.name ?? '');
  });
  await Promise.all(wanted.map((crd) => createDefinition(target, crd, signal)));
  const names = wanted.map((crd) => crd.metadata.name ?? '');
  await waitEstablished(target, names, signal);
  return names;
}

async function createDefinition(target: KubeClient, crd: KubeObject, signal: AbortSignal): Promise<void> {
  const { name = '', labels, annotations } = crd.metadata;
  const spec = fieldAt(crd, 'spec') as Record<string, unknown>;
  // A conversion webhook is a Service of the source cluster; the provider's own chart brings it again later.
  const webhook = fieldAt(spec, 'conversion', 'strategy') === 'Webhook';
  const copy: KubeObject = {
    apiVersion: crd.apiVersion,
    kind: crd.kind,
    metadata: { name, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: { ...spec, ...(webhook && { conversion: { strategy: 'None' } }) },
  };
  try {
    await target.create(crds, copy, { signal });
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
  }
}

/** Until all of the definitions are served. Throws INSTALLER_NOT_READY when the API server refuses one's names. */
export async function waitEstablished(
  client: KubeClient,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await watchUntil(client, crds, { signal }, (store) => {
    for (const name of names) {
      const crd = store.get(name);
      const accepted = crd && conditionOf(crd, 'NamesAccepted');
      if (accepted?.status === 'False')
        throw new GlobalctlError('INSTALLER_NOT_READY', {
          message: `the API server does not accept the names of ${name}: ${accepted.message ?? ''}`,
          subject: `CustomResourceDefinition ${name}`,
        });
      if (crd === undefined || conditionOf(crd, 'Established')?.status !== 'True') return undefined;
    }
    return true;
  });
}
