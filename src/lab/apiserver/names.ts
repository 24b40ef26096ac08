import type { ResourceDefinition } from './resource-definition.ts';
import type { StatusCause } from './status-error.ts';

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** Kinds whose names may hold any character that a path segment may. */
const pathNames = new Set(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']);
/** Kinds whose names are DNS labels. */
const labelNames = new Set(['namespaces', 'services']);

/** What is wrong with a name for this kind; empty when nothing is. */
export function nameErrors(definition: ResourceDefinition, name: string): StatusCause[] {
  const field = 'metadata.name';
  if (name === '')
    return [{ reason: 'FieldValueRequired', message: 'Required value: name or generateName is required', field }];
  const wrong = (text: string): StatusCause[] => [
    { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(name)}: ${text}`, field },
  ];
  if (pathNames.has(definition.plural) && definition.group === 'rbac.authorization.k8s.io')
    return name === '.' || name === '..' || /[/%]/.test(name) ? wrong("may not contain '/' or '%'") : [];
  if (labelNames.has(definition.plural) && definition.group === '') {
    if (name.length > 63) return wrong('must be no more than 63 bytes');
    return LABEL.test(name) ? [] : wrong(LABEL_TEXT);
  }
  if (name.length > 253) return wrong('must be no more than 253 bytes');
  return SUBDOMAIN.test(name) ? [] : wrong(SUBDOMAIN_TEXT);
}
