import { resources, splitApiVersion, textAt, type KubeClient, type KubeObject } from '../../../kube/index.ts';

/** Fields of some objects that may differ from the manifest: `spec.ignoreDifferences[]` of an AppRelease. */
export interface IgnoreRule {
  readonly group?: string | undefined;
  /** Every kind when absent. */
  readonly kind?: string | undefined;
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  /** JSON pointers; `*` stands for every element or key. */
  readonly jsonPointers: readonly string[];
}

/**
 * What others write by design, whatever a chart says: certificate injectors the authority of webhooks, API services and
 * converted kinds; the control plane the rules of an aggregated ClusterRole.
 */
const WRITTEN_BY_OTHERS: readonly IgnoreRule[] = [
  ...['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'].map((kind) => ({
    group: 'admissionregistration.k8s.io',
    kind,
    jsonPointers: ['/webhooks/*/clientConfig/caBundle'],
  })),
  {
    group: 'apiextensions.k8s.io',
    kind: 'CustomResourceDefinition',
    jsonPointers: ['/spec/conversion/webhook/clientConfig/caBundle'],
  },
  { group: 'apiregistration.k8s.io', kind: 'APIService', jsonPointers: ['/spec/caBundle'] },
];

/** The number of replicas of whatever a HorizontalPodAutoscaler scales is its business. */
export async function autoscalerRules(client: KubeClient, signal: AbortSignal): Promise<IgnoreRule[]> {
  const { items } = await client.list(resources.horizontalPodAutoscalers, { signal });
  return items.flatMap((autoscaler) => {
    const target = (field: string): string => textAt(autoscaler, 'spec', 'scaleTargetRef', field) ?? '';
    return {
      group: splitApiVersion(target('apiVersion')).group,
      kind: target('kind'),
      name: target('name'),
      namespace: autoscaler.metadata.namespace,
      jsonPointers: ['/spec/replicas'],
    };
  });
}

/** The pointers whose fields of `object` do not count. */
export function ignoredPointers(
  object: KubeObject,
  namespace: string | undefined,
  rules: readonly IgnoreRule[],
): string[] {
  const { group } = splitApiVersion(object.apiVersion);
  const aggregated = object.kind === 'ClusterRole' && object['aggregationRule'] !== undefined ? ['/rules'] : [];
  const matching = [...WRITTEN_BY_OTHERS, ...rules].filter(
    (rule) =>
      (rule.group === undefined || rule.group === group) &&
      (rule.kind === undefined || rule.kind === object.kind) &&
      (rule.name === undefined || rule.name === object.metadata.name) &&
      (rule.namespace === undefined || rule.namespace === namespace),
  );
  return [...aggregated, ...matching.flatMap((rule) => rule.jsonPointers)];
}
