import { GlobalctlError, systemClock, withDeadline } from '../../base/index.ts';
import { conditionOf, resources, watchUntil, type KubeObject } from '../../kube/index.ts';
import { readChartArchive } from '../../pack/index.ts';
import { OPERATOR_NAME, type OperatorContext } from './context.ts';
import { manifestObjects } from './manifest-objects.ts';

/** The custom resource definitions in the `crds/` folder of a chart. Throws PACKAGE_INVALID. */
export async function readChartCrds(archive: Uint8Array, where: string): Promise<KubeObject[]> {
  const crds: KubeObject[] = [];
  for (const [path, content] of await readChartArchive(archive, where)) {
    if (!/^crds\/.*\.(ya?ml|json)$/.test(path)) continue;
    for (const object of manifestObjects(content.toString('utf8'), `${where}: ${path}`)) {
      if (
        object.kind !== 'CustomResourceDefinition' ||
        (object.metadata as KubeObject['metadata'] | undefined)?.name === undefined
      )
        throw new GlobalctlError('PACKAGE_INVALID', {
          message: `${where}: ${path} is not a custom resource definition`,
          subject: where,
          found: object.kind,
        });
      crds.push(object);
    }
  }
  return crds;
}

/**
 * Applies definitions and waits until they are served. Helm installs the ones of `crds/` once and never upgrades them, which
 * is why the operator does it. Throws KUBE_API when the API server refuses one, APPRELEASE_CRD_CONFLICT when it does not accept
 * its names, DEADLINE_EXCEEDED.
 */
export async function applyCrds(
  context: OperatorContext,
  crds: readonly KubeObject[],
  timeoutMs: number,
): Promise<void> {
  if (crds.length === 0) return;
  const { client } = context;
  const what = `definitions ${crds.map((crd) => crd.metadata.name).join(', ')}`;
  for (const crd of crds)
    await client.apply(resources.customResourceDefinitions, crd, {
      fieldManager: OPERATOR_NAME,
      force: true,
      signal: context.signal,
    });
  // Real time, as for Helm: the API server takes what it takes, however fast the clock of a lab runs.
  await withDeadline({ clock: systemClock, timeoutMs, what, signal: context.signal }, (signal) =>
    watchUntil(client, resources.customResourceDefinitions, { signal }, (stored) => {
      const live = crds.map((crd) => stored.get(crd.metadata.name ?? ''));
      for (const crd of live) if (crd) refuseConflict(crd);
      return live.every((crd) => crd !== undefined && conditionOf(crd, 'Established')?.status === 'True')
        ? true
        : undefined;
    }),
  );
}

/** Two definitions cannot share a name within a group; the later one waits for ever. */
function refuseConflict(crd: KubeObject): void {
  const accepted = conditionOf(crd, 'NamesAccepted');
  if (accepted?.status !== 'False') return;
  const subject = `CustomResourceDefinition ${crd.metadata.name ?? ''}`;
  throw new GlobalctlError('APPRELEASE_CRD_CONFLICT', {
    message: `${subject}: ${accepted.reason ?? 'names not accepted'}: ${accepted.message ?? ''}`,
    subject,
  });
}
