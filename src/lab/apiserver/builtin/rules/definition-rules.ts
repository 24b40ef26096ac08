import { conditionOf, fieldAt, type KubeObject } from '../../../../kube/index.ts';
import { isObject, objectsIn, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { dnsSubdomain, goTexts, label1035 } from './formats.ts';
import { GoSyntax, immutable, invalid, notSupported, required } from './faults.ts';
import { approvalFaults } from './definition-approval.ts';
import { conversionFaults } from './definition-conversion-rules.ts';
import { versionFaults } from './definition-version-rules.ts';

/**
 * Why a CustomResourceDefinition is refused (apiextensions.k8s.io/v1), in the API server's order. Fields have the paths of its
 * internal form, in which what all versions have in common stands once: `spec.validation`, `spec.subresources`.
 */
export async function definitionFaults(crd: KubeObject, old: KubeObject | undefined): Promise<StatusCause[]> {
  const spec = isObject(crd.spec) ? crd.spec : {};
  const names = isObject(spec.names) ? spec.names : {};
  return [
    ...nameFaults(crd, names),
    ...groupFaults(spec),
    ...scopeFaults(spec.scope),
    ...(await versionFaults(spec)),
    ...namesFaults(names),
    ...conversionFaults(isObject(spec.conversion) ? spec.conversion : undefined, 'spec.conversion'),
    ...(old ? fixedFaults(crd, old) : []),
    ...storedVersionFaults(crd, spec),
    ...approvalFaults(crd, old),
    ...(spec.preserveUnknownFields === true && fieldAt(old, 'spec', 'preserveUnknownFields') !== true
      ? [
          invalid(
            'spec.preserveUnknownFields',
            true,
            'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
          ),
        ]
      : []),
  ];
}

function nameFaults(crd: KubeObject, names: JsonObject): StatusCause[] {
  const { name } = crd.metadata;
  const wanted = `${textOf(names.plural)}.${textOf(fieldAt(crd, 'spec', 'group'))}`;
  return name === wanted ? [] : [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}

function groupFaults(spec: JsonObject): StatusCause[] {
  const group = textOf(spec.group);
  if (group === '') return [required('spec.group')];
  const wrong = dnsSubdomain('spec.group', group);
  if (wrong.length > 0 || group.includes('.')) return wrong;
  return [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function scopeFaults(scope: unknown): StatusCause[] {
  if (textOf(scope) === '') return [required('spec.scope')];
  return scope === 'Namespaced' || scope === 'Cluster'
    ? []
    : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function namesFaults(names: JsonObject): StatusCause[] {
  const at = 'spec.names';
  const faults = ['plural', 'singular', 'kind', 'listKind']
    .filter((key) => textOf(names[key]) === '')
    .map((key) => required(`${at}.${key}`));
  for (const key of ['plural', 'singular']) {
    const name = textOf(names[key]);
    if (name !== '') faults.push(...label1035(`${at}.${key}`, name));
  }
  for (const key of ['kind', 'listKind']) {
    const name = textOf(names[key]);
    if (name === '') continue;
    const prefix = 'may have mixed case, but should otherwise match: ';
    faults.push(...label1035(`${at}.${key}`, name, { read: name.toLowerCase(), prefix }));
  }
  const each = (key: string): void => {
    const texts = Array.isArray(names[key]) ? names[key].map(textOf) : [];
    texts.forEach((text, i) => faults.push(...label1035(`${at}.${key}[${String(i)}]`, text)));
  };
  each('shortNames');
  const kind = textOf(names.kind);
  if (kind !== '' && kind === names.listKind)
    faults.push(invalid(`${at}.listKind`, kind, 'kind and listKind may not be the same'));
  each('categories');
  return faults;
}

/** What decides where objects are stored is fixed; scope and kind only once the definition is established. */
function fixedFaults(crd: KubeObject, old: KubeObject): StatusCause[] {
  const isEstablished = conditionOf(old, 'Established')?.status === 'True';
  const fixed = [...(isEstablished ? [['scope'], ['names', 'kind']] : []), ['group'], ['names', 'plural']];
  return fixed.flatMap((path) => {
    const value = fieldAt(crd, 'spec', ...path);
    return value === fieldAt(old, 'spec', ...path) ? [] : [immutable(`spec.${path.join('.')}`, value)];
  });
}

function storedVersionFaults(crd: KubeObject, spec: JsonObject): StatusCause[] {
  const at = 'status.storedVersions';
  const listed = fieldAt(crd, 'status', 'storedVersions');
  const stored = Array.isArray(listed) ? listed.map(textOf) : [];
  if (stored.length === 0) return [invalid(at, new GoSyntax('[]string(nil)'), 'must have at least one stored version')];
  const versions = objectsIn(spec.versions);
  const faults = versions
    .filter((v) => v.storage === true && !stored.includes(textOf(v.name)))
    .map((v) => invalid(at, new GoSyntax(goTexts(stored)), `must have the storage version ${textOf(v.name)}`));
  stored.forEach((name, i) => {
    if (versions.some((v) => v.name === name)) return;
    faults.push(
      invalid(
        `${at}[${String(i)}]`,
        name,
        `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
      ),
    );
  });
  return faults;
}
