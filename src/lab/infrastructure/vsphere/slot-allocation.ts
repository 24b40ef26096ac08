import { resources } from '../../../kube/index.ts';
import { saveChanges, timestamp, type ObjectReference } from '../../capi/index.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import { RETRY_MS, type Obstacle, type ProviderEnvironment } from '../provider-environment.ts';
import { turnOf } from '../turn.ts';
import type { VSphereMachine, VSphereMachineConfigPool, VSphereSlot, VSphereSlotStatus } from './objects.ts';

const writes = new KeyedMutex();

/** Who asks a pool for a slot. */
export interface SlotRequest {
  readonly namespace: string;
  readonly pool: string;
  readonly clusterName: string;
  /** The KubeadmControlPlane or MachineDeployment behind the machine. */
  readonly consumer: ObjectReference;
  readonly machine: ObjectReference;
  /** Only slots of this datacenter, when the machine is bound to one. */
  readonly datacenter?: string | undefined;
  /** How many free slots are for machines that come before this one. */
  readonly turn?: number | undefined;
}

function error(reason: string, message: string): Obstacle {
  return { reason, severity: 'Error', message, retryAfterMs: RETRY_MS };
}

/**
 * The pool's decision, without effect: the machine's own slot, else the first free one in order, slots that were never used
 * before released ones. Reasons as the provider gives them: PoolBoundToOtherConsumer, NoAvailableSlots.
 */
export function chooseSlot(pool: VSphereMachineConfigPool, request: SlotRequest): VSphereSlot | Obstacle {
  const { spec, status, metadata } = pool;
  const poolName = metadata.name ?? '';
  if (spec?.clusterRef?.name !== request.clusterName)
    return error(
      'PoolBoundToOtherCluster',
      `VSphereMachineConfigPool ${poolName} belongs to Cluster ${spec?.clusterRef?.name ?? ''}`,
    );
  const consumer = status?.consumerRef;
  if (consumer && (consumer.kind !== request.consumer.kind || consumer.name !== request.consumer.name))
    return error(
      'PoolBoundToOtherConsumer',
      `VSphereMachineConfigPool ${poolName} is already bound to ${consumer.kind} ${consumer.name}`,
    );
  const states = new Map((status?.configStatuses ?? []).map((s) => [s.hostname, s]));
  const own = spec.configs.find((c) => states.get(c.hostname)?.machineRef?.name === request.machine.name);
  if (own) return own;
  const fits = spec.configs.filter(
    (c) => request.datacenter === undefined || (c.datacenter ?? spec.datacenter) === request.datacenter,
  );
  const state = (slot: VSphereSlot): VSphereSlotStatus['state'] => states.get(slot.hostname)?.state ?? 'Available';
  const free = [...fits.filter((s) => state(s) === 'Available'), ...fits.filter((s) => state(s) === 'Released')][
    request.turn ?? 0
  ];
  const where = request.datacenter === undefined ? '' : ` for datacenter ${request.datacenter}`;
  return free ?? error('NoAvailableSlots', `VSphereMachineConfigPool ${poolName} has no available slot${where}`);
}

/** Takes a slot for a machine and writes it into the pool's status. Idempotent. */
export async function takeSlot(
  environment: ProviderEnvironment,
  request: SlotRequest,
): Promise<{ slot: VSphereSlot; pool: VSphereMachineConfigPool } | Obstacle> {
  const { client, signal } = environment;
  const ref = { name: request.pool, namespace: request.namespace };
  return await writes.run(`${request.namespace}/${request.pool}`, async () => {
    const pool = await client.find<VSphereMachineConfigPool>(resources.vsphereMachineConfigPools, ref, signal);
    if (!pool) return error('PoolNotFound', `VSphereMachineConfigPool ${request.pool} not found`);
    const holders = new Set((pool.status?.configStatuses ?? []).map((s) => s.machineRef?.name));
    const { machine } = request;
    const turn = await turnOf<VSphereMachine>(environment, {
      resource: resources.vsphereMachines,
      asking: {
        apiVersion: machine.apiVersion,
        kind: machine.kind,
        metadata: { name: machine.name, namespace: request.namespace },
        spec: { machineConfigPoolRef: { name: request.pool } },
      } as VSphereMachine,
      poolOf: (m) => m.spec?.machineConfigPoolRef?.name,
      holds: (m) => holders.has(m.metadata.name),
    });
    const slot = chooseSlot(pool, { ...request, turn });
    if ('reason' in slot) return slot;
    await saveStates(
      environment,
      pool,
      (status) =>
        status.hostname === slot.hostname
          ? { hostname: slot.hostname, state: 'InUse', machineRef: request.machine }
          : status,
      request.consumer,
    );
    return { slot, pool };
  });
}

/** Gives the machine's slot back; its disks stay for the next machine of the pool. */
export async function releaseSlot(
  environment: ProviderEnvironment,
  namespace: string,
  poolName: string,
  machineName: string,
): Promise<void> {
  const { client, clock, signal } = environment;
  await writes.run(`${namespace}/${poolName}`, async () => {
    const pool = await client.find<VSphereMachineConfigPool>(
      resources.vsphereMachineConfigPools,
      { name: poolName, namespace },
      signal,
    );
    if (!pool) return;
    await saveStates(
      environment,
      pool,
      (status) =>
        status.machineRef?.name === machineName
          ? { hostname: status.hostname, state: 'Released', lastReleasedTime: timestamp(clock.now()) }
          : status,
      pool.status?.consumerRef,
    );
  });
}

async function saveStates(
  environment: ProviderEnvironment,
  pool: VSphereMachineConfigPool,
  change: (status: VSphereSlotStatus) => VSphereSlotStatus,
  consumerRef: ObjectReference | undefined,
): Promise<void> {
  const present = new Map((pool.status?.configStatuses ?? []).map((s) => [s.hostname, s]));
  const configStatuses = (pool.spec?.configs ?? []).map(({ hostname }) =>
    change(present.get(hostname) ?? { hostname, state: 'Available' }),
  );
  const after: VSphereMachineConfigPool = {
    ...pool,
    status: { ...pool.status, configStatuses, ...(consumerRef && { consumerRef }) },
  };
  await saveChanges(environment.client, resources.vsphereMachineConfigPools, pool, after);
}
