import { parse } from 'yaml';
import { z } from 'zod';
import { GlobalctlError } from '../../../base/index.ts';
import {
  fieldAt,
  PLATFORM_NAMESPACE,
  qualifiedName,
  resources,
  type KubeClient,
  type Resource,
} from '../../../kube/index.ts';
import { definedResource, type DefinedResource } from '../../move/index.ts';
import { builtInResources, keyBaseOf, namespaceOf, type ImportItem, type ImportMethod } from './import-item.ts';

/** Guide step 7: one name for every provider; the prefix is historical. */
export const IMPORT_CONFIG_MAP = 'dcs-import-extra-resources';

const listSchema = z.strictObject({
  resources: z.array(
    z.strictObject({
      resource: z.string().min(1),
      names: z.array(z.string().min(1)).min(1).optional(),
      etcdKeyBase: z.string().min(1).optional(),
      method: z.enum(['etcdctl', 'kubectl']),
    }),
  ),
});

type ListEntry = z.infer<typeof listSchema>['resources'][number];

/**
 * The list of additional resources, for an import that takes the built-in ones by a method. Throws IMPORT_REFUSED with every
 * fault; no list is an empty one.
 */
export async function readImportList(
  source: KubeClient,
  builtInMethod: ImportMethod,
  signal?: AbortSignal,
): Promise<ImportItem[]> {
  const ref = { name: IMPORT_CONFIG_MAP, namespace: PLATFORM_NAMESPACE };
  const map = await source.find(resources.configMaps, ref, signal);
  if (map === undefined) return [];
  const text = fieldAt(map, 'data', 'resources.yaml');
  if (typeof text !== 'string') throw refused(['data has no key resources.yaml']);
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw refused([`resources.yaml is not YAML: ${error instanceof Error ? error.message : String(error)}`]);
  }
  const parsed = listSchema.safeParse(content);
  if (!parsed.success) throw refused(parsed.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`));
  const faults: string[] = [];
  const items: ImportItem[] = [];
  const asked = new Map<string, string>();
  for (const [index, entry] of parsed.data.resources.entries()) {
    const origin = `entry ${String(index + 1)} (${entry.resource})`;
    const checked = await checkEntry({ source, entry, builtInMethod, signal });
    const again = duplicatesOf(entry, origin, asked);
    faults.push(...[...checked.faults, ...again].map((fault) => `${origin}: ${fault}`));
    if (checked.defined) {
      const { names, method } = entry;
      items.push({ ...checked.defined, ...(names && { names: [...new Set(names)] }), method, origin });
    }
  }
  if (faults.length > 0) throw refused(faults);
  return items;
}

function refused(faults: readonly string[]): GlobalctlError {
  return new GlobalctlError('IMPORT_REFUSED', {
    message: `${String(faults.length)} fault${faults.length === 1 ? '' : 's'} in the list of resources to import: ${faults.join('; ')}`,
    subject: `ConfigMap ${PLATFORM_NAMESPACE}/${IMPORT_CONFIG_MAP}`,
  });
}

/** Objects that an earlier entry asks for too; two ways for one object leave open which one it takes. */
function duplicatesOf({ resource, names }: ListEntry, origin: string, asked: Map<string, string>): string[] {
  const faults: string[] = [];
  const all = asked.get(resource);
  for (const name of names ?? ['']) {
    const before = all ?? asked.get(`${resource} ${name}`);
    const what = name === '' ? 'the same resource' : name;
    if (before !== undefined) faults.push(before === origin ? `${what} stands there twice` : `${what} is in ${before}`);
    asked.set(name === '' ? resource : `${resource} ${name}`, origin);
  }
  if (names === undefined) {
    const earlier = [...asked].find(([key]) => key.startsWith(`${resource} `));
    if (earlier) faults.push(`asks for all objects, of which ${earlier[1]} names some`);
  }
  return faults;
}

async function checkEntry(options: {
  readonly source: KubeClient;
  readonly entry: ListEntry;
  readonly builtInMethod: ImportMethod;
  readonly signal: AbortSignal | undefined;
}): Promise<{ faults: string[]; defined?: DefinedResource }> {
  const { source, entry, builtInMethod, signal } = options;
  const found = await findResource(source, entry.resource, signal);
  if (found === undefined) return { faults: ['the cluster does not serve such a resource'] };
  const { defined, custom } = found;
  const { resource } = defined;
  const faults: string[] = [];
  if (!custom && !resource.namespaced)
    faults.push(`a ${resource.kind} belongs to the cluster that it is in, and not to ${PLATFORM_NAMESPACE}`);
  if (entry.method === 'etcdctl') faults.push(...keyBaseFaults(entry, resource, custom));
  else if (builtInMethod === 'etcdctl' && builtInResources.some((r) => qualifiedName(r) === entry.resource))
    faults.push('the installer imports this resource by itself, with method etcdctl');
  if (!custom && entry.names === undefined)
    faults.push(`needs names: all ${resource.plural} would be the bootstrap cluster’s own, too`);
  for (const name of entry.names ?? [])
    if ((await source.find(resource, { name, namespace: namespaceOf(resource) }, signal)) === undefined)
      faults.push(`there is no ${resource.kind} ${name}${resource.namespaced ? ` in ${PLATFORM_NAMESPACE}` : ''}`);
  return { faults, defined };
}

function keyBaseFaults({ etcdKeyBase }: ListEntry, resource: Resource, custom: boolean): string[] {
  // Built-in kinds are stored in another encoding than JSON, Secrets encrypted: their bytes mean nothing elsewhere.
  if (!custom) return ['method etcdctl is for custom resources; use kubectl'];
  const expected = keyBaseOf(resource);
  if (etcdKeyBase === undefined) return [`method etcdctl needs etcdKeyBase: ${expected}`];
  if (etcdKeyBase === expected) return [];
  if (!etcdKeyBase.startsWith('/registry/'))
    return [`etcdKeyBase ${etcdKeyBase} lies outside /registry/, where API servers keep objects; expected ${expected}`];
  const folder = `/registry/${resource.group}/${resource.plural}/`;
  if (etcdKeyBase.startsWith(folder))
    return [`etcdKeyBase ${etcdKeyBase} is not the folder of ${PLATFORM_NAMESPACE}; expected ${expected}`];
  return [`etcdKeyBase ${etcdKeyBase} is the folder of another resource; expected ${expected}`];
}

/** The resource of a name such as `secrets` or `hcsclusters.infrastructure.cluster.x-k8s.io`, in its storage version. */
async function findResource(
  source: KubeClient,
  name: string,
  signal?: AbortSignal,
): Promise<{ defined: DefinedResource; custom: boolean } | undefined> {
  const crd = await source.find(resources.customResourceDefinitions, { name }, signal);
  if (crd !== undefined) return { defined: definedResource(crd), custom: true };
  const builtIn = Object.values<Resource>(resources).find((r) => qualifiedName(r) === name);
  if (builtIn === undefined || builtIn.group.endsWith('cluster.x-k8s.io')) return undefined;
  return { defined: { resource: builtIn, statusSubresource: false }, custom: false };
}
