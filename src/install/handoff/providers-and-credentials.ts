import { isDeepStrictEqual } from 'node:util';
import {
  conditionOf,
  fieldAt,
  PLATFORM_NAMESPACE,
  resources,
  textAt,
  type KubeClient,
  type KubeObject,
} from '../../kube/index.ts';
import { someOf, type Finding } from './gate.ts';
import type { BothClusters } from './moved-objects.ts';

/** Cluster API's own label on what belongs to a provider. */
const PROVIDER_LABEL = 'cluster.x-k8s.io/provider';

/** Whoever worked on the objects here works on them there: each provider of the bootstrap cluster is available in the new one. */
export async function checkProviders({ bootstrap, cluster, signal }: BothClusters): Promise<Finding> {
  const deployments = async (client: KubeClient): Promise<Map<string, KubeObject>> => {
    const { items } = await client.list(resources.deployments, { labelSelector: PROVIDER_LABEL, signal });
    return new Map(items.map((d) => [d.metadata.labels?.[PROVIDER_LABEL] ?? '', d]));
  };
  const [here, there] = await Promise.all([deployments(bootstrap), deployments(cluster)]);
  const stateOf = (name: string): string | undefined => {
    const deployment = there.get(name);
    if (deployment === undefined) return 'missing';
    return conditionOf(deployment, 'Available')?.status === 'True' ? undefined : 'not available';
  };
  const names = [...here.keys()].sort();
  const faults = names.flatMap((name) => stateOf(name)?.replace(/^/, `${name}: `) ?? []);
  if (names.length === 0) return { ok: false, observed: `no Deployment of minialauda carries ${PROVIDER_LABEL}` };
  return { ok: faults.length === 0, observed: faults.length > 0 ? someOf(faults) : `${names.join(', ')} available` };
}

/**
 * The Secrets with the credentials of the infrastructure: those that the new cluster's infra clusters name, and the site's own.
 * They must be there, readable, hold something in every key, and say what they say here.
 */
export async function checkCredentials(
  options: BothClusters & { readonly credentialRef: readonly string[]; readonly credentialSecret: string },
): Promise<Finding> {
  const { bootstrap, cluster, kinds, credentialRef, credentialSecret, signal } = options;
  const namespace = PLATFORM_NAMESPACE;
  const { items } = await cluster.list(kinds.cluster, { namespace, signal });
  const named = items.map((infra) => textAt(infra, ...credentialRef)).filter((name) => name !== undefined);
  const faults: string[] = [];
  const names = [...new Set([credentialSecret, ...named])];
  for (const name of names) {
    const [here, there] = await Promise.all(
      [bootstrap, cluster].map((client) => client.find(resources.secrets, { name, namespace }, signal)),
    );
    const data = fieldAt(there, 'data');
    const values = typeof data === 'object' && data !== null ? Object.entries(data) : [];
    const empty = values.filter(([, value]) => typeof value !== 'string' || value === '').map(([key]) => key);
    if (there === undefined) faults.push(`Secret ${name} is missing`);
    else if (values.length === 0) faults.push(`Secret ${name} holds nothing`);
    else if (empty.length > 0) faults.push(`Secret ${name} has nothing under ${empty.join(', ')}`);
    else if (here !== undefined && !isDeepStrictEqual(fieldAt(here, 'data'), data))
      faults.push(`Secret ${name} differs from that of minialauda`);
  }
  return { ok: faults.length === 0, observed: faults.length > 0 ? someOf(faults) : `Secret ${names.join(', ')}` };
}
