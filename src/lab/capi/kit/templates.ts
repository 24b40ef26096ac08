import { GlobalctlError } from '../../../base/index.ts';
import {
  fieldAt,
  splitApiVersion,
  wellKnownResource,
  type KubeObject,
  type OwnerReference,
} from '../../../kube/index.ts';
import { findReferenced, type ControllerEnvironment } from './environment.ts';
import { annotations, labels, type ObjectReference } from './objects.ts';

/**
 * Creates an object from a template object's `spec.template`, of the template's kind without `Template`. Idempotent: an
 * object of that name which already exists is returned. Throws KUBE_API (NotFound) when the template does not exist.
 */
export async function cloneTemplate(
  environment: ControllerEnvironment,
  options: {
    readonly template: ObjectReference;
    readonly namespace: string;
    readonly name: string;
    readonly clusterName: string;
    readonly labels: Record<string, string>;
    readonly annotations?: Record<string, string> | undefined;
    readonly owner?: OwnerReference | undefined;
  },
): Promise<ObjectReference> {
  const { client, signal } = environment;
  const { template, namespace, name } = options;
  const source = await findReferenced<KubeObject>(environment, template, namespace);
  if (!source)
    throw new GlobalctlError('KUBE_API', {
      message: `${template.kind}.${splitApiVersion(template.apiVersion).group} "${template.name}" not found`,
      subject: `${template.kind} ${namespace}/${template.name}`,
    });
  const kind = template.kind.replace(/Template$/, '');
  const resource =
    wellKnownResource(template.apiVersion, kind) ?? (await client.resolve(template.apiVersion, kind, signal));
  const inner = (fieldAt(source, 'spec', 'template') ?? {}) as {
    metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
    spec?: unknown;
  };
  const object: KubeObject = {
    apiVersion: template.apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      labels: { ...inner.metadata?.labels, ...options.labels, [labels.clusterName]: options.clusterName },
      annotations: {
        ...inner.metadata?.annotations,
        ...options.annotations,
        [annotations.clonedFromName]: template.name,
        [annotations.clonedFromGroupKind]: `${template.kind}.${splitApiVersion(template.apiVersion).group}`,
      },
      ...(options.owner && { ownerReferences: [options.owner] }),
    },
    spec: inner.spec ?? {},
  };
  const present = await client.find(resource, { name, namespace }, signal);
  if (!present) await client.create(resource, object, { signal });
  return { apiVersion: template.apiVersion, kind, name, namespace };
}
