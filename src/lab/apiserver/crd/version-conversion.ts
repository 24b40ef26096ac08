import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { applyDefaults, customResourceSchema, pruneUnknownFields } from '../../../kube/schema/index.ts';
import { isObject, textOf, type JsonObject } from '../json.ts';
import type { Conversion, ServedVersion } from '../resource-definition.ts';

/**
 * Conversion strategy `None` between a version and the stored one: the apiVersion is rewritten, and what the other version's schema
 * does not know is lost. What is stored has the defaults of the stored version, too.
 */
export function versionConversion(crd: KubeObject, version: ServedVersion, storage: JsonObject): Conversion {
  const group = textOf(fieldAt(crd, 'spec', 'group'));
  const storedVersion = `${group}/${textOf(storage.name)}`;
  const apiVersion = `${group}/${version.name}`;
  const storedSchema = fieldAt(storage, 'schema', 'openAPIV3Schema');
  const pruned = (object: KubeObject, schema: unknown, to: string): KubeObject => {
    const kept = isObject(schema) ? pruneUnknownFields(customResourceSchema(schema), object).object : object;
    return { ...kept, apiVersion: to };
  };
  return {
    fromStored: (object) => (object.apiVersion === apiVersion ? object : pruned(object, version.schema, apiVersion)),
    toStored: (object) => {
      if (object.apiVersion === storedVersion) return object;
      const stored = pruned(object, storedSchema, storedVersion);
      return isObject(storedSchema) ? applyDefaults(customResourceSchema(storedSchema), stored) : stored;
    },
  };
}
