import { HttpKubeClient, type KubeObject } from '../../src/kube/index.ts';
import type { Rehearsal } from './rehearsal.ts';

/** What comes and goes by itself, and says nothing about whether an installation is whole. */
const passing = new Set(['Event', 'Lease', 'ComponentStatus']);

/** Such a token lives for minutes of simulated time; how many there were depends on how long a machine took to join. */
function isBootstrapToken({ namespace, name = '' }: KubeObject['metadata']): boolean {
  return namespace === 'kube-system' && name.startsWith('bootstrap-token-');
}

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

/**
 * Everything that an installation has brought about, in a form that two runs can be compared by: each object of both
 * clusters by kind, namespace and name, generated name parts as `*`, with a number where there are several; and the machines
 * of the infrastructure with their states.
 */
export async function stateOf(rehearsal: Rehearsal): Promise<readonly string[]> {
  const { machines } = await rehearsal.labStatus();
  return [
    ...(await objectsOf('minialauda', rehearsal.bootstrapKubeconfig)),
    ...(await objectsOf('global', rehearsal.globalKubeconfig)),
    ...machines.map(({ name, state }) => `infrastructure: ${name} ${state}`),
  ].sort();
}

async function objectsOf(cluster: string, kubeconfig: string): Promise<string[]> {
  const client = await HttpKubeClient.fromFile(kubeconfig);
  try {
    const counts = new Map<string, number>();
    for (const { path, kind } of await listable(client)) {
      const { items } = (await client.request('GET', path)) as { items: KubeObject[] };
      for (const { metadata } of items) {
        if (kind === 'Secret' && isBootstrapToken(metadata)) continue;
        const line = `${cluster}: ${kind} ${metadata.namespace ?? ''}/${stableName(metadata)}${phaseOf(metadata)}`;
        counts.set(line, (counts.get(line) ?? 0) + 1);
      }
    }
    return [...counts].map(([line, count]) => (count === 1 ? line : `${line} x${String(count)}`));
  } finally {
    await client.close();
  }
}

async function listable(client: HttpKubeClient): Promise<{ path: string; kind: string }[]> {
  const { groups } = (await client.request('GET', '/apis')) as {
    groups: { preferredVersion: { groupVersion: string } }[];
  };
  const found: { path: string; kind: string }[] = [];
  for (const base of ['/api/v1', ...groups.map((g) => `/apis/${g.preferredVersion.groupVersion}`)]) {
    const { resources } = (await client.request('GET', base)) as { resources: ApiResource[] };
    for (const { name, kind, verbs } of resources)
      if (!name.includes('/') && verbs.includes('list') && !passing.has(kind))
        found.push({ path: `${base}/${name}`, kind });
  }
  return found;
}

/** A generated suffix has five characters of the alphabet that holds no vowels; a template hash up to ten. */
const generated = /-[bcdfghjklmnpqrstvwxz2456789]{5,10}(?=-|$)/g;

function stableName({ name = '', generateName }: KubeObject['metadata']): string {
  return generateName === undefined ? name.replaceAll(generated, '-*') : `${generateName.replaceAll(generated, '-*')}*`;
}

function phaseOf({ deletionTimestamp }: KubeObject['metadata']): string {
  return deletionTimestamp === undefined ? '' : ' (being deleted)';
}
