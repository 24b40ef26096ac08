import { fieldAt, resources, type KubeClient, type KubeObject } from '../../kube/index.ts';
import type { Container, Pod } from '../core-types.ts';
import { registryOf } from './image-check.ts';

/** The first ConfigMap or Secret that a volume of the Pod needs and that does not exist, in the kubelet's words. */
export async function missingVolumeSource(client: KubeClient, pod: Pod): Promise<string | undefined> {
  const { namespace = '' } = pod.metadata;
  for (const volume of pod.spec.volumes ?? []) {
    const { secret, configMap, name } = volume;
    if (secret && secret.optional !== true) {
      const found = await client.find(resources.secrets, { name: secret.secretName, namespace });
      if (!found) return `MountVolume.SetUp failed for volume "${name}" : secret "${secret.secretName}" not found`;
    }
    if (configMap && configMap.optional !== true) {
      const found = await client.find(resources.configMaps, { name: configMap.name, namespace });
      if (!found) return `MountVolume.SetUp failed for volume "${name}" : configmap "${configMap.name}" not found`;
    }
  }
  return undefined;
}

export type Environment = { readonly env: Record<string, string> } | { readonly problem: string };

/** The environment of a container with all references resolved, or the kubelet's words for what is missing. */
export async function resolveEnvironment(options: {
  client: KubeClient;
  pod: Pod;
  container: Container;
  facts: Readonly<Record<string, string>>;
}): Promise<Environment> {
  const { client, pod, container, facts } = options;
  const { namespace = '' } = pod.metadata;
  const env: Record<string, string> = {};
  for (const { name, value, valueFrom } of container.env ?? []) {
    if (!valueFrom) {
      env[name] = expand(value ?? '', env);
      continue;
    }
    if (valueFrom.fieldRef) {
      env[name] = podField(pod, valueFrom.fieldRef.fieldPath, facts);
      continue;
    }
    const ref = valueFrom.secretKeyRef ?? valueFrom.configMapKeyRef;
    if (!ref) continue;
    const isSecret = valueFrom.secretKeyRef !== undefined;
    const source = await client.find(isSecret ? resources.secrets : resources.configMaps, {
      name: ref.name,
      namespace,
    });
    const found = source && keyOf(source, ref.key, isSecret);
    if (found !== undefined) env[name] = found;
    else if (ref.optional !== true)
      return {
        problem: source
          ? `couldn't find key ${ref.key} in ${isSecret ? 'Secret' : 'ConfigMap'} ${namespace}/${ref.name}`
          : `${isSecret ? 'secret' : 'configmap'} "${ref.name}" not found`,
      };
  }
  return { env };
}

function keyOf(source: KubeObject, key: string, isSecret: boolean): string | undefined {
  const value = fieldAt(source, 'data', key);
  if (typeof value !== 'string') return undefined;
  return isSecret ? Buffer.from(value, 'base64').toString('utf8') : value;
}

/** `$(NAME)` of what stands before, as Kubernetes expands it. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (whole, name: string) => env[name] ?? whole);
}

function podField(pod: Pod, path: string, facts: Readonly<Record<string, string>>): string {
  const known = facts[path];
  if (known !== undefined) return known;
  const entry = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  const value = entry ? fieldAt(pod, 'metadata', entry[1] ?? '', entry[2] ?? '') : fieldAt(pod, ...path.split('.'));
  return typeof value === 'string' ? value : '';
}

/** base64 of `user:password` that the Pod's pull secrets hold for the image's registry. */
export async function pullLogin(client: KubeClient, pod: Pod, image: string): Promise<string | undefined> {
  const registry = registryOf(image);
  if (registry === undefined) return undefined;
  for (const { name } of pod.spec.imagePullSecrets ?? []) {
    const secret = await client.find(resources.secrets, { name, namespace: pod.metadata.namespace });
    const config = secret && keyOf(secret, '.dockerconfigjson', true);
    if (config === undefined) continue;
    let parsed: unknown;
    try {
      parsed = JSON.parse(config);
    } catch {
      // The kubelet passes over a pull secret that it cannot read.
      continue;
    }
    const entry = fieldAt(parsed, 'auths', registry);
    const auth = fieldAt(entry, 'auth');
    if (typeof auth === 'string') return auth;
    const [username, password] = [fieldAt(entry, 'username'), fieldAt(entry, 'password')];
    if (typeof username === 'string' && typeof password === 'string')
      return Buffer.from(`${username}:${password}`).toString('base64');
  }
  return undefined;
}
