import { parse } from 'yaml';
import { z } from 'zod';
import { GlobalctlError } from '../../../base/index.ts';
import {
  fieldAt,
  PLATFORM_NAMESPACE,
  qualifiedName,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../../kube/index.ts';
import type { ImportItem } from './import-item.ts';

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

/** The list of additional resources. Throws IMPORT_REFUSED with every fault; no list is an empty one. */
export async function readImportList(source: KubeClient, signal?: AbortSignal): Promise<ImportItem[]> {
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
  for (const [index, entry] of parsed.data.resources.entries()) {
    const origin = `entry ${String(index + 1)} (${entry.resource})`;
    const checked = await checkEntry(source, entry, signal);
    faults.push(...checked.faults.map((fault) => `${origin}: ${fault}`));
    if (checked.resource) items.push({ ...entry, resource: checked.resource, origin });
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

async function checkEntry(
  source: KubeClient,
  entry: ListEntry,
  signal?: AbortSignal,
): Promise<{ faults: string[]; resource?: Resource }> {
  const found = await findResource(source, entry.resource, signal);
  if (found === undefined) return { faults: ['the cluster does not serve such a resource'] };
  const { resource, custom } = found;
  const faults: string[] = [];
  if (entry.method === 'etcdctl') {
    // Built-in kinds are stored in another encoding than JSON, Secrets encrypted: their bytes mean nothing elsewhere.
    if (!custom) faults.push('method etcdctl is for custom resources; use kubectl');
    const folder = `/registry/${resource.group}/${resource.plural}/`;
    if (entry.etcdKeyBase === undefined) faults.push('method etcdctl needs etcdKeyBase');
    else if (!entry.etcdKeyBase.startsWith(folder) || !entry.etcdKeyBase.endsWith('/'))
      faults.push(`etcdKeyBase ${entry.etcdKeyBase} is not a folder of ${folder}`);
    else if (resource.namespaced && entry.etcdKeyBase === folder)
      faults.push(`etcdKeyBase ${entry.etcdKeyBase} names no namespace`);
  }
  const namespace = resource.namespaced ? PLATFORM_NAMESPACE : undefined;
  for (const name of entry.names ?? [])
    if ((await source.find(resource, { name, namespace }, signal)) === undefined)
      faults.push(`there is no ${resource.kind} ${name}`);
  return { faults, resource };
}

/** The resource of a name such as `secrets` or `hcsclusters.infrastructure.cluster.x-k8s.io`, in its storage version. */
export async function findResource(
  source: KubeClient,
  name: string,
  signal?: AbortSignal,
): Promise<{ resource: Resource; custom: boolean } | undefined> {
  const crd = await source.find(resources.customResourceDefinitions, { name }, signal);
  if (crd !== undefined) return { resource: resourceOfCrd(crd), custom: true };
  const builtIn = Object.values<Resource>(resources).find((r) => qualifiedName(r) === name);
  if (builtIn === undefined || builtIn.group.endsWith('cluster.x-k8s.io')) return undefined;
  return { resource: builtIn, custom: false };
}

/** The resource that a definition defines, in the version that is stored. */
export function resourceOfCrd(crd: KubeObject): Resource {
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const spec = (...path: string[]): unknown => fieldAt(crd, 'spec', ...path);
  const versions = spec('versions');
  const stored = (Array.isArray(versions) ? (versions as unknown[]) : []).find((v) => fieldAt(v, 'storage') === true);
  return {
    group: text(spec('group')),
    version: text(fieldAt(stored, 'name')),
    kind: text(spec('names', 'kind')),
    plural: text(spec('names', 'plural')),
    namespaced: spec('scope') === 'Namespaced',
  };
}
