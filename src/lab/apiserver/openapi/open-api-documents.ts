import { createHash } from 'node:crypto';
import { groupVersion, type ResourceDefinition } from '../resource-definition.ts';
import type { ResourceRegistry } from '../resource-registry.ts';
import { addBuiltinKind, builtinReference, type Components } from './components.ts';
import { addCustomKind } from './custom-resource-component.ts';
import { pathsOf } from './operations.ts';

export interface OpenApiDocument {
  /** JSON text of the document. */
  readonly text: string;
  /** Hash of what it was made from; goes into the index's addresses and the ETag. */
  readonly hash: string;
}

interface Entry {
  readonly definitions: readonly ResourceDefinition[];
  readonly hash: string;
  text: string | undefined;
}

/**
 * `/openapi/v3`: its index and one document for each group version that the registry serves. Documents are built when they are first
 * asked for and kept until a resource of their group version changes.
 */
export class OpenApiDocuments {
  readonly #registry: ResourceRegistry;
  readonly serverVersion: string;
  readonly #entries = new Map<string, Entry>();

  /** `serverVersion` is the git version of `/version`, e.g. `v1.33.7`. */
  constructor(registry: ResourceRegistry, serverVersion: string) {
    this.#registry = registry;
    this.serverVersion = serverVersion;
  }

  /** The answer of `/openapi/v3`: a path and an address with its content hash for each document. */
  index(): { paths: Record<string, { serverRelativeURL: string }> } {
    const paths: [string, { serverRelativeURL: string }][] = [];
    for (const [group, versions] of this.#registry.groups()) {
      for (const version of versions) {
        const path = documentPath(group, version);
        const { hash } = this.#entry(group, version);
        paths.push([path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }]);
      }
    }
    return { paths: Object.fromEntries(paths) };
  }

  /** The document at `/openapi/v3/<path>`, e.g. `api/v1` or `apis/apps/v1`; undefined when nothing is served there. */
  document(path: string): OpenApiDocument | undefined {
    const match = /^(?:api\/([^/]+)|apis\/([^/]+)\/([^/]+))$/.exec(path);
    if (match === null) return undefined;
    const [, coreVersion, group = '', version = coreVersion ?? ''] = match;
    const entry = this.#entry(group, version);
    if (entry.definitions.length === 0) return undefined;
    entry.text ??= JSON.stringify(buildDocument(entry.definitions, group, version, this.serverVersion));
    return { text: entry.text, hash: entry.hash };
  }

  #entry(group: string, version: string): Entry {
    const key = groupVersion({ group }, version);
    const definitions = this.#registry
      .all()
      .filter((d) => d.group === group && d.versions.some((v) => v.name === version));
    const known = this.#entries.get(key);
    if (known?.definitions.length === definitions.length && definitions.every((d, i) => d === known.definitions[i])) {
      return known;
    }
    const entry: Entry = { definitions, hash: hashOf(definitions, version, this.serverVersion), text: undefined };
    this.#entries.set(key, entry);
    return entry;
  }
}

function documentPath(group: string, version: string): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`;
}

/** Built-in schemas change with the server's version only; those of CRDs are part of the hash. */
function hashOf(definitions: readonly ResourceDefinition[], version: string, serverVersion: string): string {
  const hash = createHash('sha512').update(serverVersion);
  for (const { plural, kind, versions } of definitions) {
    hash.update(JSON.stringify([plural, kind, versions.find((v) => v.name === version)?.schema]));
  }
  return hash.digest('hex').toUpperCase();
}

function buildDocument(
  definitions: readonly ResourceDefinition[],
  group: string,
  version: string,
  serverVersion: string,
): Record<string, unknown> {
  const components: Components = {};
  const paths: Record<string, unknown> = {};
  const apiVersion = groupVersion({ group }, version);
  for (const { plural, kind, namespaced, versions } of definitions) {
    const served = versions.find((v) => v.name === version);
    if (served === undefined) continue;
    const builtin = addBuiltinKind(components, apiVersion, kind);
    const component = builtin ?? addCustomKind(components, { group, version, kind, schema: served.schema });
    const schema = components[component];
    if (schema !== undefined) schema['x-kubernetes-group-version-kind'] = [{ group, version, kind }];
    const isBuiltin = builtin !== undefined;
    const status = served.status === true;
    Object.assign(paths, pathsOf({ group, version, kind, component, plural, namespaced, status, isBuiltin }));
  }
  builtinReference(components, 'meta.v1.DeleteOptions');
  builtinReference(components, 'meta.v1.Status');
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths,
    components: { schemas: components },
  };
}
