import { isObject, objectIn, objectsIn, setDefault, textOf, type JsonObject } from '../json.ts';
import type { Strategy } from '../resource-definition.ts';
import { specOf } from './define.ts';

/** Defaults of CustomResourceDefinitions; what they are refused for is in rules/definition-rules.ts. */
export const crdStrategy: Partial<Strategy> = {
  unconditionalUpdate: false,
  generation: true,
  applyDefaults: (crd) => {
    const spec = specOf(crd);
    setDefault(objectIn(spec, 'conversion'), 'strategy', 'None');
    const names = objectIn(spec, 'names');
    const kind = textOf(names.kind);
    if (kind === '') return;
    setDefault(names, 'singular', kind.toLowerCase());
    setDefault(names, 'listKind', `${kind}List`);
  },
  prepareForCreate: (crd) => {
    const name = storageVersion(specOf(crd));
    crd.status = { storedVersions: name === undefined ? [] : [name] };
  },
  // From the moment that a version is the stored one, there may be objects in it.
  prepareForUpdate: (crd) => {
    const name = storageVersion(specOf(crd));
    const status = isObject(crd.status) ? crd.status : {};
    const stored = Array.isArray(status.storedVersions) ? status.storedVersions.map(textOf) : [];
    if (name !== undefined && !stored.includes(name)) crd.status = { ...status, storedVersions: [...stored, name] };
  },
};

function storageVersion(spec: JsonObject): string | undefined {
  const version = objectsIn(spec.versions).find((v) => v.storage === true);
  return version && textOf(version.name);
}
