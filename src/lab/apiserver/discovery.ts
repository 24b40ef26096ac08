import { groupVersion, type ResourceDefinition, type ServedVersion } from './resource-definition.ts';
import type { ResourceRegistry } from './resource-registry.ts';

/** The documents by which clients find out what is served: aggregated (apidiscovery.k8s.io/v2) and legacy. */

/** In the order in which the real server names them, which for custom resources is another. */
const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const BUILT_IN_VERBS = [...CUSTOM_VERBS].sort();

function objectVerbs(definition: ResourceDefinition): string[] {
  return definition.definedBy === undefined ? BUILT_IN_VERBS : CUSTOM_VERBS;
}

/** Kinds that are asked questions rather than stored. */
export interface ReviewResource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

interface DiscoveredSubresource {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly verbs: string[];
}

const subresourceKinds: Record<string, Omit<DiscoveredSubresource, 'name'>> = {
  approval: {
    kind: 'CertificateSigningRequest',
    group: 'certificates.k8s.io',
    version: 'v1',
    verbs: ['get', 'patch', 'update'],
  },
  attach: { kind: 'PodAttachOptions', group: '', version: 'v1', verbs: ['create', 'get'] },
  exec: { kind: 'PodExecOptions', group: '', version: 'v1', verbs: ['create', 'get'] },
  portforward: { kind: 'PodPortForwardOptions', group: '', version: 'v1', verbs: ['create', 'get'] },
  log: { kind: 'Pod', group: '', version: 'v1', verbs: ['get'] },
  binding: { kind: 'Binding', group: '', version: 'v1', verbs: ['create'] },
  eviction: { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  finalize: { kind: 'Namespace', group: '', version: 'v1', verbs: ['update'] },
  token: { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] },
};

function subresourcesOf(definition: ResourceDefinition, version: ServedVersion): DiscoveredSubresource[] {
  const { group, kind } = definition;
  const own = { kind, group, version: version.name, verbs: ['get', 'patch', 'update'] };
  const special = definition.subresources.flatMap((name) => {
    const known = subresourceKinds[name];
    return known ? [{ name, ...known }] : [];
  });
  const scale = version.scale ? [{ ...own, name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1' }] : [];
  const status = version.status === true ? [{ name: 'status', ...own }] : [];
  return definition.definedBy === undefined ? [...special, ...scale, ...status] : [...special, ...status, ...scale];
}

export class Discovery {
  readonly #registry: ResourceRegistry;
  readonly #reviews: readonly ReviewResource[];

  constructor(registry: ResourceRegistry, reviews: readonly ReviewResource[]) {
    this.#registry = registry;
    this.#reviews = reviews;
  }

  /** Served versions of each group, preferred first. */
  groups(): Map<string, string[]> {
    const groups = this.#registry.groups();
    for (const { group, version } of this.#reviews) {
      const versions = groups.get(group) ?? [];
      if (!versions.includes(version)) versions.push(version);
      groups.set(group, versions);
    }
    return groups;
  }

  /** `/api` or `/apis` with all resources. */
  aggregated(core: boolean): Record<string, unknown> {
    const items = [...this.groups()]
      .filter(([group]) => (group === '') === core)
      .map(([group, versions]) => ({
        metadata: { ...(group !== '' && { name: group }), creationTimestamp: null },
        versions: versions.map((version) => ({
          version,
          resources: this.#aggregatedResources(group, version),
          freshness: 'Current',
        })),
      }));
    return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
  }

  #aggregatedResources(group: string, version: string): unknown[] {
    const reviews = this.#reviews
      .filter((r) => r.group === group && r.version === version)
      .map((r) => ({
        resource: r.plural,
        responseKind: { group, version, kind: r.kind },
        scope: r.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: r.kind.toLowerCase(),
        verbs: ['create'],
      }));
    return [...this.#served(group, version).map(([d, v]) => aggregatedResource(d, v)), ...reviews];
  }

  #served(group: string, version: string): [ResourceDefinition, ServedVersion][] {
    return this.#registry
      .all()
      .filter((d) => d.group === group)
      .flatMap((d): [ResourceDefinition, ServedVersion][] => {
        const served = d.versions.find((v) => v.name === version);
        return served ? [[d, served]] : [];
      })
      .sort(([a], [b]) => (a.plural < b.plural ? -1 : 1));
  }

  /** `/api` in its old form. */
  coreVersions(): Record<string, unknown> {
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
  }

  /** `/apis` in its old form. */
  groupList(): Record<string, unknown> {
    const groups = [...this.groups()].filter(([group]) => group !== '').map(([group]) => this.#group(group));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups };
  }

  /** `/apis/GROUP`; undefined when nothing of it is served. */
  group(group: string): Record<string, unknown> | undefined {
    return this.groups().has(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...this.#group(group) } : undefined;
  }

  #group(group: string): Record<string, unknown> {
    const versions = (this.groups().get(group) ?? []).map((version) => ({
      groupVersion: groupVersion({ group }, version),
      version,
    }));
    return { name: group, versions, preferredVersion: versions[0] };
  }

  /** `/api/v1` or `/apis/GROUP/VERSION`; undefined when it is not served. */
  resourceList(group: string, version: string): Record<string, unknown> | undefined {
    if (this.groups().get(group)?.includes(version) !== true) return undefined;
    const reviews = this.#reviews
      .filter((r) => r.group === group && r.version === version)
      .map((r) => ({
        name: r.plural,
        singularName: r.kind.toLowerCase(),
        namespaced: r.namespaced,
        kind: r.kind,
        verbs: ['create'],
      }));
    const resources = this.#served(group, version).flatMap(([d, v]) => legacyResources(d, v));
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: groupVersion({ group }, version),
      resources: [...resources, ...reviews],
    };
  }
}

function aggregatedResource(d: ResourceDefinition, v: ServedVersion): Record<string, unknown> {
  const subresources = subresourcesOf(d, v).map((s) => ({
    subresource: s.name,
    responseKind: { group: s.group, version: s.version, kind: s.kind },
    verbs: s.verbs,
  }));
  return {
    resource: d.plural,
    responseKind: { group: d.group, version: v.name, kind: d.kind },
    scope: d.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: d.singular,
    verbs: objectVerbs(d),
    ...(d.shortNames.length > 0 && { shortNames: d.shortNames }),
    ...(d.categories.length > 0 && { categories: d.categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

function legacyResources(d: ResourceDefinition, v: ServedVersion): Record<string, unknown>[] {
  return [
    {
      name: d.plural,
      singularName: d.singular,
      namespaced: d.namespaced,
      kind: d.kind,
      verbs: objectVerbs(d),
      ...(d.shortNames.length > 0 && { shortNames: d.shortNames }),
      ...(d.categories.length > 0 && { categories: d.categories }),
    },
    ...subresourcesOf(d, v).map((s) => ({
      name: `${d.plural}/${s.name}`,
      singularName: '',
      namespaced: d.namespaced,
      ...((s.group !== d.group || s.version !== v.name) && { group: s.group, version: s.version }),
      kind: s.kind,
      verbs: s.verbs,
    })),
  ];
}
