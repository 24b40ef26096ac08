import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { isObject, objectIn, objectsIn, setDefault, textOf } from '../json.ts';
import type { Strategy } from '../resource-definition.ts';
import type { StatusCause } from '../status-error.ts';
import { specOf } from './define.ts';

/** Defaults and rules of CustomResourceDefinitions. */
export const crdStrategy: Partial<Strategy> = {
  unconditionalUpdate: false,
  generation: true,
  applyDefaults: (crd) => {
    const spec = specOf(crd);
    setDefault(objectIn(spec, 'conversion'), 'strategy', 'None');
    const names = objectIn(spec, 'names');
    const kind = textOf(names.kind);
    setDefault(names, 'singular', kind.toLowerCase());
    setDefault(names, 'listKind', `${kind}List`);
  },
  prepareForCreate: (crd) => {
    const storage = objectsIn(specOf(crd).versions).find((version) => version.storage === true);
    crd.status = { storedVersions: storage ? [storage.name] : [] };
  },
  validate: (crd, old) => [...nameErrors(crd), ...versionErrors(crd), ...(old ? fixedErrors(crd, old) : [])],
};

function invalid(field: string, value: unknown, why: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${why}`, field };
}

function required(field: string, why = ''): StatusCause {
  return { reason: 'FieldValueRequired', message: why === '' ? 'Required value' : `Required value: ${why}`, field };
}

function nameErrors(crd: KubeObject): StatusCause[] {
  const plural = textOf(fieldAt(crd, 'spec', 'names', 'plural'));
  const group = textOf(fieldAt(crd, 'spec', 'group'));
  const wanted = `${plural}.${group}`;
  const causes: StatusCause[] = [];
  if (crd.metadata.name !== wanted)
    causes.push(invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  if (!group.includes('.')) causes.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  const scope = fieldAt(crd, 'spec', 'scope');
  if (scope !== 'Namespaced' && scope !== 'Cluster')
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(scope ?? '')}: supported values: "Cluster", "Namespaced"`,
      field: 'spec.scope',
    });
  return causes;
}

function versionErrors(crd: KubeObject): StatusCause[] {
  const versions = objectsIn(fieldAt(crd, 'spec', 'versions'));
  if (versions.length === 0) return [required('spec.versions')];
  const causes = versions.flatMap((version, i) => schemaErrors(version, `spec.versions[${String(i)}]`));
  if (versions.filter((v) => v.storage === true).length !== 1)
    causes.push(
      invalid(
        'spec.versions',
        versions.map((v) => v.name),
        'must have exactly one version marked as storage version',
      ),
    );
  return causes;
}

function schemaErrors(version: Record<string, unknown>, field: string): StatusCause[] {
  const schema = fieldAt(version, 'schema', 'openAPIV3Schema');
  const at = `${field}.schema.openAPIV3Schema`;
  if (!isObject(schema)) return [required(at, 'schemas are required')];
  if (schema.type === undefined) return [required(`${at}.type`, 'must not be empty at the root')];
  return schema.type === 'object' ? [] : [invalid(`${at}.type`, schema.type, 'must be object at the root')];
}

function fixedErrors(crd: KubeObject, old: KubeObject): StatusCause[] {
  const fields = [
    ['spec', 'group'],
    ['spec', 'scope'],
    ['spec', 'names', 'kind'],
    ['spec', 'names', 'plural'],
  ];
  return fields.flatMap((path) => {
    const value = fieldAt(crd, ...path);
    return value === fieldAt(old, ...path) ? [] : [invalid(path.join('.'), value, 'field is immutable')];
  });
}
