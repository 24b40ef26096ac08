import { qualifiedName, type KubeObject } from '../../kube/index.ts';
import type { ApiContext } from './api-context.ts';
import type { ResourceDefinition } from './resource-definition.ts';
import { forbidden, invalid, notFound, statusError, type StatusCause } from './status-error.ts';

const NAMESPACES = { group: '', plural: 'namespaces' };

/** New objects need a namespace that exists and is not on its way out. */
export async function checkNamespace(
  { storage }: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  name: string,
): Promise<void> {
  const found = await storage.get(`/registry/namespaces/${namespace}`);
  if (!found) throw notFound(NAMESPACES, namespace);
  if (found.object.metadata.deletionTimestamp === undefined) return;
  throw forbidden(
    definition,
    name,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
    [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  );
}

/** Lets the simulated defaulting webhook of the resource change the object in place, if there is one. */
export function mutate({ validators }: ApiContext, definition: ResourceDefinition, object: KubeObject): void {
  validators[qualifiedName({ ...definition, version: definition.storageVersion })]?.mutate?.(object);
}

/** Namespaces without which a cluster does not work. */
const lasting = new Set(['default', 'kube-system', 'kube-public']);

/** Asks the simulated admission webhook of the resource, if there is one. */
export async function admit(
  { validators }: ApiContext,
  definition: ResourceDefinition,
  operation: 'CREATE' | 'UPDATE' | 'DELETE',
  object: KubeObject,
  old: KubeObject | undefined,
): Promise<void> {
  const { name = '' } = object.metadata;
  if (operation === 'DELETE' && definition.plural === 'namespaces' && definition.group === '' && lasting.has(name))
    throw forbidden(NAMESPACES, name, 'this namespace may not be deleted');
  const validator = validators[qualifiedName({ ...definition, version: definition.storageVersion })];
  if (!validator) return;
  const answer = await validator.validate(operation, object, old);
  if (answer === undefined || (Array.isArray(answer) && answer.length === 0)) return;
  const prefix = `admission webhook ${JSON.stringify(validator.name)} denied the request: `;
  if (typeof answer === 'string') throw statusError(403, 'Forbidden', prefix + answer);
  const inner = invalid(definition, object.metadata.name ?? '', answer as readonly StatusCause[]).status;
  throw statusError(inner.code, inner.reason, prefix + inner.message, inner.details);
}
