import { fieldAt, type KubeObject } from '../../../kube/index.ts';
import { plainStrategy } from '../builtin/define.ts';
import { isObject, objectsIn, textOf } from '../json.ts';
import { compareVersions } from '../resource-registry.ts';
import type { ResourceDefinition, ScalePaths, ServedVersion } from '../resource-definition.ts';
import { versionConversion } from './version-conversion.ts';
import { printerColumn } from './printer-column.ts';

const dotted = (path: unknown): string[] =>
  textOf(path)
    .split('.')
    .filter((p) => p !== '');

function scaleOf(version: unknown): ScalePaths | undefined {
  const scale = fieldAt(version, 'subresources', 'scale');
  if (!isObject(scale)) return undefined;
  return {
    specReplicas: dotted(scale.specReplicasPath),
    statusReplicas: dotted(scale.statusReplicasPath),
    selector: scale.labelSelectorPath === undefined ? undefined : dotted(scale.labelSelectorPath),
  };
}

function servedVersion(crd: KubeObject, version: Record<string, unknown>): ServedVersion {
  const columns = objectsIn(version.additionalPrinterColumns);
  const schema = fieldAt(version, 'schema', 'openAPIV3Schema');
  const gv = `${textOf(fieldAt(crd, 'spec', 'group'))}/${textOf(version.name)} ${textOf(fieldAt(crd, 'spec', 'names', 'kind'))}`;
  return {
    name: textOf(version.name),
    columns: columns.length > 0 ? columns.map(printerColumn) : undefined,
    schema: isObject(schema) ? schema : undefined,
    status: fieldAt(version, 'subresources', 'status') !== undefined,
    scale: scaleOf(version),
    selectableFields: objectsIn(version.selectableFields).map((f) => textOf(f.jsonPath).replace(/^\./, '')),
    deprecationWarning:
      version.deprecated === true ? textOf(version.deprecationWarning) || `${gv} is deprecated` : undefined,
  };
}

/** The resource that a CustomResourceDefinition asks for; undefined when it serves no version. */
export function definitionOfCrd(crd: KubeObject): ResourceDefinition | undefined {
  const group = textOf(fieldAt(crd, 'spec', 'group'));
  const names = fieldAt(crd, 'spec', 'names');
  if (!isObject(names)) return undefined;
  const all = objectsIn(fieldAt(crd, 'spec', 'versions'));
  const versions = all
    .filter((v) => v.served === true)
    .sort((a, b) => compareVersions(textOf(a.name), textOf(b.name)))
    .map((v) => servedVersion(crd, v));
  const storage = all.find((v) => v.storage === true);
  if (versions.length === 0 || !storage) return undefined;
  const stored = fieldAt(crd, 'status', 'storedVersions');
  // Objects of an earlier storage version may be there still.
  const isMixed = Array.isArray(stored) && stored.length > 1;
  const converted = versions.map((version) =>
    version.name === storage.name && !isMixed
      ? version
      : { ...version, conversion: versionConversion(crd, version, storage) },
  );
  const kind = textOf(names.kind);
  const plural = textOf(names.plural);
  const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(textOf) : []);
  return {
    group,
    plural,
    singular: textOf(names.singular) || kind.toLowerCase(),
    kind,
    listKind: textOf(names.listKind) || `${kind}List`,
    namespaced: fieldAt(crd, 'spec', 'scope') === 'Namespaced',
    shortNames: texts(names.shortNames),
    categories: texts(names.categories),
    versions: converted,
    storageVersion: textOf(storage.name),
    storagePrefix: `/registry/${group}/${plural}/`,
    strategy: { ...plainStrategy, unconditionalUpdate: false, generation: true },
    subresources: [],
    definedBy: crd.metadata.name,
  };
}
