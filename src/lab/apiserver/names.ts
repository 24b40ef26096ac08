import type { ObjectMeta } from '../../kube/index.ts';
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
const labelNames = new Set(['namespaces']);
const DNS_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

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
  if (definition.plural === 'services' && definition.group === '') {
    if (name.length > 63) return wrong('must be no more than 63 characters');
    return /^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) ? [] : wrong(DNS_1035_TEXT);
  }
  if (labelNames.has(definition.plural) && definition.group === '') {
    if (definition.plural === 'namespaces' && name.includes('.') && SUBDOMAIN.test(name))
      return wrong('must not contain dots');
    if (name.length > 63) return wrong('must be no more than 63 bytes');
    return LABEL.test(name) ? [] : wrong(LABEL_TEXT);
  }
  if (name.length > 253) return wrong('must be no more than 253 bytes');
  return SUBDOMAIN.test(name) ? [] : wrong(SUBDOMAIN_TEXT);
}

const LABEL_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const LABEL_NAME_TEXT =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE_TEXT =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/** What is wrong with the key of a label; empty when nothing is. */
export function labelKeyFaults(key: string): string[] {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? undefined : key.slice(0, slash);
  const name = key.slice(slash + 1);
  const faults: string[] = [];
  if (prefix !== undefined && !SUBDOMAIN.test(prefix)) faults.push(`prefix part ${SUBDOMAIN_TEXT}`);
  if (!LABEL_NAME.test(name)) faults.push(LABEL_NAME_TEXT);
  else if (name.length > 63) faults.push('name part must be no more than 63 bytes');
  return faults;
}

/** What is wrong with the value of a label; empty when nothing is. */
export function labelValueFaults(value: string): string[] {
  if (value !== '' && !LABEL_NAME.test(value)) return [LABEL_VALUE_TEXT];
  return value.length > 63 ? ['must be no more than 63 bytes'] : [];
}

const STANDARD_FINALIZERS = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Groups whose objects, as all custom resources, may have finalizers without a prefix; Cluster API's are such. */
const PLAIN_FINALIZERS = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io']);

/** What is wrong with the annotations, owners and finalizers of an object; empty when nothing is. */
export function metadataErrors(
  { definedBy, group }: Pick<ResourceDefinition, 'definedBy' | 'group'>,
  { annotations, ownerReferences, finalizers }: ObjectMeta,
): StatusCause[] {
  const mayBePlain = definedBy !== undefined || PLAIN_FINALIZERS.has(group);
  const wrong = (field: string, value: string, text: string): StatusCause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${text}`,
    field: `metadata.${field}`,
  });
  const causes = Object.keys(annotations ?? {}).flatMap((key) =>
    labelKeyFaults(key.toLowerCase()).map((text) => wrong('annotations', key, text)),
  );
  for (const owner of ownerReferences ?? [])
    for (const field of ['apiVersion', 'kind', 'name', 'uid'] as const) {
      // The real server leaves the index out of these paths.
      const value: unknown = owner[field];
      const what = field === 'apiVersion' ? 'version' : field;
      if (value === undefined || value === '')
        causes.push(wrong(`ownerReferences.${field}`, '', `${what} must not be empty`));
    }
  (finalizers ?? []).forEach((finalizer, i) => {
    causes.push(...labelKeyFaults(finalizer).map((text) => wrong('finalizers', finalizer, text)));
    if (!mayBePlain && !finalizer.includes('/') && !STANDARD_FINALIZERS.has(finalizer))
      causes.push(
        wrong(
          `finalizers[${String(i)}]`,
          finalizer,
          'name is neither a standard finalizer name nor is it fully qualified',
        ),
      );
  });
  return causes;
}

/** What is wrong with the labels of an object; empty when nothing is. */
export function labelErrors(labels: Readonly<Record<string, string>> | undefined): StatusCause[] {
  const wrong = (value: string, text: string): StatusCause => ({
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${JSON.stringify(value)}: ${text}`,
    field: 'metadata.labels',
  });
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...labelKeyFaults(key).map((text) => wrong(key, text)),
    ...labelValueFaults(value).map((text) => wrong(value, text)),
  ]);
}
