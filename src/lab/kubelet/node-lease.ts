import { systemClock, toGlobalctlError, type Clock, type GlobalctlError } from '../../base/index.ts';
import { isKubeReason, resources, type KubeClient, type KubeObject } from '../../kube/index.ts';

const NAMESPACE = 'kube-node-lease';
/** The kubelet's `nodeLeaseDurationSeconds`; it renews after a quarter of it. */
const LEASE_DURATION_S = 40;
const RENEW_MS = (LEASE_DURATION_S * 1000) / 4;

/** RFC 3339 with microseconds, as the API writes MicroTime. */
function microTime(clock: Clock): string {
  return new Date(clock.now()).toISOString().replace('Z', '000Z');
}

/** Takes the Lease by which a node says that it lives; one that stands already is renewed. */
export async function acquireNodeLease(client: KubeClient, node: KubeObject, clock: Clock): Promise<void> {
  const { name = '', uid = '' } = node.metadata;
  const lease: KubeObject = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name,
      namespace: NAMESPACE,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
    },
    spec: { holderIdentity: name, leaseDurationSeconds: LEASE_DURATION_S, renewTime: microTime(clock) },
  };
  try {
    await client.create(resources.leases, lease);
  } catch (error) {
    if (!isKubeReason(error, 'AlreadyExists')) throw error;
    await renew(client, name, clock);
  }
}

async function renew(client: KubeClient, name: string, clock: Clock): Promise<void> {
  const body = { spec: { holderIdentity: name, renewTime: microTime(clock) } };
  await client.patch(resources.leases, { name, namespace: NAMESPACE }, { type: 'merge', body });
}

/**
 * Calls `heartbeat` for every node each quarter of a lease, until the signal aborts. In real time: a lease says when the node
 * was last heard of, and at many times the speed its renewals would be most of what the API server does.
 */
export async function runHeartbeats(options: {
  readonly signal: AbortSignal;
  readonly nodeNames: () => readonly string[];
  readonly heartbeat: (name: string) => Promise<void>;
  readonly onError: ((key: string, error: GlobalctlError) => void) | undefined;
}): Promise<void> {
  for (;;) {
    await systemClock.sleep(RENEW_MS, options.signal);
    for (const name of options.nodeNames())
      // An API server that does not answer is asked again at the next beat.
      await options.heartbeat(name).catch((error: unknown) => {
        if (!options.signal.aborted) options.onError?.(`heartbeat of ${name}`, toGlobalctlError(error));
      });
  }
}

/** Renews a node's Lease; one that somebody deleted is made anew. */
export async function renewNodeLease(client: KubeClient, name: string, clock: Clock): Promise<void> {
  try {
    await renew(client, name, clock);
  } catch (error) {
    if (!isKubeReason(error, 'NotFound')) throw error;
    const node = await client.find(resources.nodes, { name });
    if (node) await acquireNodeLease(client, node, clock);
  }
}
