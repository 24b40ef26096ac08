import { resources, type KubeObject } from '../kube/index.ts';
import { IMPORT_CONFIG_MAP, platformObject, type ImportEntry } from '../providers/index.ts';

/** The ConfigMap that tells the installer what to import beyond the base objects; its text keeps the guide's key order. */
export function importConfigMap(entries: readonly ImportEntry[]): KubeObject {
  const lines = entries.flatMap(({ resource, names, etcdKeyBase, method }) => [
    `- resource: ${JSON.stringify(resource)}`,
    ...(names ? [`  names: [${names.map((name) => JSON.stringify(name)).join(', ')}]`] : []),
    ...(etcdKeyBase !== undefined ? [`  etcdKeyBase: ${JSON.stringify(etcdKeyBase)}`] : []),
    `  method: ${method}`,
  ]);
  return platformObject(resources.configMaps, IMPORT_CONFIG_MAP, {
    data: { 'resources.yaml': `${['resources:', ...lines].join('\n')}\n` },
  });
}
