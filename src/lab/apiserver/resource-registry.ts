import type { ResourceDefinition } from './resource-definition.ts';

/**
 * Everything that the server serves at this moment: built-in resources and those that CustomResourceDefinitions have added.
 * Listeners hear of changes, so that caches of derived documents (discovery, OpenAPI) are dropped.
 */
export class ResourceRegistry {
  readonly #byName = new Map<string, ResourceDefinition>();
  #generation = 0;

  constructor(definitions: readonly ResourceDefinition[]) {
    for (const definition of definitions) this.set(definition);
  }

  /** Rises with every change. */
  get generation(): number {
    return this.#generation;
  }

  set(definition: ResourceDefinition): void {
    this.#byName.set(`${definition.group}/${definition.plural}`, definition);
    this.#generation++;
  }

  remove(group: string, plural: string): void {
    if (this.#byName.delete(`${group}/${plural}`)) this.#generation++;
  }

  get(group: string, plural: string): ResourceDefinition | undefined {
    return this.#byName.get(`${group}/${plural}`);
  }

  /** The resource of a kind, when a served version has it. */
  ofKind(group: string, version: string, kind: string): ResourceDefinition | undefined {
    for (const d of this.#byName.values())
      if (d.group === group && d.kind === kind && d.versions.some((v) => v.name === version)) return d;
    return undefined;
  }

  all(): ResourceDefinition[] {
    return [...this.#byName.values()];
  }

  /** Groups that have resources, in the order of their first registration; versions in each, preferred first. */
  groups(): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const d of this.#byName.values()) {
      const versions = groups.get(d.group) ?? [];
      for (const { name } of d.versions) if (!versions.includes(name)) versions.push(name);
      groups.set(d.group, versions.sort(compareVersions));
    }
    return groups;
  }
}

/** Kubernetes' order of API versions: stable before beta before alpha, higher numbers first. */
export function compareVersions(a: string, b: string): number {
  const rank = (v: string): [number, number, number] => {
    const m = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(v);
    if (!m) return [3, 0, 0];
    const stage = m[2] === undefined ? 0 : m[2] === 'beta' ? 1 : 2;
    return [stage, -Number(m[1]), -Number(m[3] ?? 0)];
  };
  const left = rank(a);
  const right = rank(b);
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}
