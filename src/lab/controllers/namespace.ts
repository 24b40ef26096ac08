import {
  conditionsOf,
  isKubeReason,
  resources,
  type Condition,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import { servedResources } from './served-resources.ts';
import { timestamp, withCondition } from './conditions.ts';
import { writeStatus, type ControllerContext, type Reconciler } from './reconciler.ts';

/** A new namespace gets its default ServiceAccount and the cluster's CA; a deleted one is emptied, then finalized. */
export function namespaceReconciler(options: { caPem: string }): Reconciler {
  return {
    resource: resources.namespaces,
    watches: [
      {
        resource: resources.serviceAccounts,
        fieldSelector: 'metadata.name=default',
        mapToKeys: (account) => [account.metadata.namespace ?? ''],
      },
    ],
    reconcile: async (context, key, stores) => {
      const namespace = stores.get(resources.namespaces, key);
      if (!namespace) return;
      if (namespace.metadata.deletionTimestamp !== undefined) return await emptyNamespace(context, namespace);
      await ensure(context.client, resources.serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'default', namespace: key },
      });
      await ensure(context.client, resources.configMaps, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: 'kube-root-ca.crt',
          namespace: key,
          annotations: {
            'kubernetes.io/description':
              'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
          },
        },
        data: { 'ca.crt': options.caPem },
      });
    },
  };
}

async function ensure(client: KubeClient, resource: Resource, object: KubeObject): Promise<void> {
  try {
    await client.create(resource, object);
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists', 'NotFound', 'Forbidden')) throw error;
  }
}

async function emptyNamespace(
  context: ControllerContext,
  namespace: KubeObject,
): Promise<void | { requeueAfterMs: number }> {
  const name = namespace.metadata.name ?? '';
  const remaining: string[] = [];
  const finalizers = new Map<string, number>();
  for (const resource of await servedResources(context.client, { namespaced: true })) {
    const { items } = await context.client.list(resource, { namespace: name });
    for (const item of items) {
      if (item.metadata.deletionTimestamp === undefined)
        await context.client
          .delete(resource, { name: item.metadata.name ?? '', namespace: name }, { propagation: 'Background' })
          .catch((error: unknown) => {
            if (!isKubeReason(error, 'NotFound', 'Conflict')) throw error;
          });
      for (const finalizer of item.metadata.finalizers ?? [])
        finalizers.set(finalizer, (finalizers.get(finalizer) ?? 0) + 1);
    }
    if (items.length > 0) {
      const left = (await context.client.list(resource, { namespace: name })).items.length;
      if (left > 0) remaining.push(`${resource.plural}.${resource.group} has ${String(left)} resource instances`);
    }
  }
  if (remaining.length > 0) {
    const now = timestamp(context.clock);
    let conditions: Condition[] = withCondition(
      conditionsOf(namespace),
      {
        type: 'NamespaceContentRemaining',
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: `Some resources are remaining: ${remaining.join(', ')}`,
      },
      now,
    );
    const words = [...finalizers]
      .map(([finalizer, count]) => `${finalizer} in ${String(count)} resource instances`)
      .join(', ');
    conditions = withCondition(
      conditions,
      words === ''
        ? {
            type: 'NamespaceFinalizersRemaining',
            status: 'False',
            reason: 'ContentHasNoFinalizers',
            message: 'All content-preserving finalizers finished',
          }
        : {
            type: 'NamespaceFinalizersRemaining',
            status: 'True',
            reason: 'SomeFinalizersRemain',
            message: `Some content in the namespace has finalizers remaining: ${words}`,
          },
      now,
    );
    await writeStatus(context, resources.namespaces, namespace, { phase: 'Terminating', conditions });
    // Content of any kind may be what is waited for, and nothing watches every kind here.
    return { requeueAfterMs: 1000 };
  }
  const current = await context.client.find(resources.namespaces, { name });
  if (!current) return;
  const spec = (current['spec'] ?? {}) as { finalizers?: string[] };
  await context.client
    .request('PUT', `/api/v1/namespaces/${name}/finalize`, {
      body: { ...current, spec: { ...spec, finalizers: (spec.finalizers ?? []).filter((f) => f !== 'kubernetes') } },
    })
    .catch((error: unknown) => {
      if (!isKubeReason(error, 'NotFound')) throw error;
    });
}
