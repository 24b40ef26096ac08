import { GlobalctlError } from '../../../base/index.ts';
import { fieldAt, HttpKubeClient, isKubeReason, resources, watchUntil, type KubeClient } from '../../../kube/index.ts';
import type { Pair, SideName } from '../../../dr/index.ts';
import { globalKubeconfig } from './order-workload-cluster.ts';

/** A namespace as a team has it, outside of what the synchronizer leaves out. */
const NAMESPACE = 'team-rehearsal';
const LIMIT_MS = 60_000;

/** A client of a side's `global` cluster, for the time of `work`. */
async function withGlobal<T>(pair: Pair, side: SideName, work: (client: KubeClient) => Promise<T>): Promise<T> {
  const client = await HttpKubeClient.fromFile(globalKubeconfig(pair, side), {
    fieldManager: 'team',
    proxyUrl: pair[side].loaded.site.access.proxy,
  });
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Writes a ConfigMap and a Secret of this name on a side. */
export async function writeData(pair: Pair, side: SideName, name: string, signal: AbortSignal): Promise<void> {
  await withGlobal(pair, side, async (client) => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } };
    await client.create(resources.namespaces, namespace, { signal }).catch((error: unknown) => {
      if (!isKubeReason(error, 'AlreadyExists')) throw error;
    });
    const metadata = { name, namespace: NAMESPACE };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { written: name } };
    await client.apply(resources.secrets, secret, { signal });
    await client.apply(
      resources.configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { written: name } },
      { signal },
    );
  });
}

/** Resolves when the ConfigMap and the Secret of this name can be read on a side with what was written. Throws DR_SYNC. */
export async function awaitData(pair: Pair, side: SideName, name: string, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  const key = `${NAMESPACE}/${name}`;
  await withGlobal(pair, side, async (client) => {
    for (const [resource, written] of [
      [resources.configMaps, name],
      [resources.secrets, Buffer.from(name).toString('base64')],
    ] as const)
      try {
        await watchUntil(client, resource, { namespace: NAMESPACE, signal: limit }, (store) =>
          fieldAt(store.get(key), 'data', 'written') === written ? true : undefined,
        );
      } catch (error) {
        signal.throwIfAborted();
        throw new GlobalctlError('DR_SYNC', {
          message: `what was written on the other side is not on the ${side} side`,
          subject: `${resource.kind} ${key}`,
          cause: error,
        });
      }
  });
}
