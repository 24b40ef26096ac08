import { parseAllDocuments } from 'yaml';
import { GlobalctlError } from '../../base/index.ts';
import { conditionOf, resources, watchUntil, type KubeClient, type KubeObject } from '../../kube/index.ts';
import { readChartArchive } from '../../pack/index.ts';

/** The custom resource definitions in the `crds/` folder of a chart. Throws PACKAGE_INVALID. */
export async function readChartCrds(archive: Uint8Array, where: string): Promise<KubeObject[]> {
  const crds: KubeObject[] = [];
  for (const [path, content] of await readChartArchive(archive, where)) {
    if (!/^crds\/.*\.(ya?ml|json)$/.test(path)) continue;
    for (const document of parseAllDocuments(content.toString('utf8'))) {
      if (document.contents === null) continue;
      const object = document.errors.length === 0 ? (document.toJS() as Partial<KubeObject>) : undefined;
      if (object?.kind !== 'CustomResourceDefinition' || object.metadata?.name === undefined)
        throw new GlobalctlError('PACKAGE_INVALID', {
          message: `${where}: ${path} is not a custom resource definition`,
          subject: where,
          found: document.errors[0]?.message ?? object?.kind,
        });
      crds.push(object as KubeObject);
    }
  }
  return crds;
}

/**
 * Applies definitions and waits until they are served. Helm installs the ones of `crds/` once and never upgrades them, which
 * is why the operator does it.
 */
export async function applyCrds(
  client: KubeClient,
  crds: readonly KubeObject[],
  options: { readonly fieldManager: string; readonly signal: AbortSignal },
): Promise<void> {
  const { signal, fieldManager } = options;
  if (crds.length === 0) return;
  for (const crd of crds)
    await client.apply(resources.customResourceDefinitions, crd, { fieldManager, force: true, signal });
  await watchUntil(client, resources.customResourceDefinitions, { signal }, (stored) =>
    crds.every(({ metadata }) => {
      const live = stored.get(metadata.name ?? '');
      return live !== undefined && conditionOf(live, 'Established')?.status === 'True';
    })
      ? true
      : undefined,
  );
}
