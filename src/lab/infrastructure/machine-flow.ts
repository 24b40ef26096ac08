import { isGlobalctlError } from '../../base/index.ts';
import { resources, type ObjectKey, type ReconcileResult, type Resource } from '../../kube/index.ts';
import {
  addFinalizer,
  beingDeleted,
  findReferenced,
  isFalse,
  isPaused,
  isTrue,
  ownerOf,
  recordEvent,
  removeFinalizer,
  saveChanges,
  setConditions,
  type Cluster,
  type InfrastructureCluster,
  type InfrastructureMachine,
  type Machine,
  type Reconciler,
  type Secret,
} from '../capi/index.ts';
import type { VirtualMachine, VmRequest } from './iaas/index.ts';
import { isObstacle, RETRY_MS, type Obstacle, type ProviderEnvironment } from './provider-environment.ts';

/** A provider's machine with all that belongs to it; `object` may be changed and is saved afterwards. */
export interface MachineSubject<T extends InfrastructureMachine> {
  readonly object: T;
  readonly machine: Machine;
  readonly cluster: Cluster;
}

/** What a provider asks of the platform for one machine, before it has user data. */
export type MachineClaim = Omit<VmRequest, 'userData'>;

/**
 * What every provider does for its machine objects: wait for the cluster and the bootstrap data, claim a slot, create the
 * machine, report it, and take it away at the end. Everything is looked up by the identity that the object carries, so the
 * same objects in another management cluster adopt the same machines.
 */
export abstract class InfrastructureMachineReconciler<T extends InfrastructureMachine> implements Reconciler {
  abstract readonly name: string;
  abstract readonly resource: Resource;
  protected abstract readonly conditionType: string;
  readonly watches;
  protected readonly environment: ProviderEnvironment;
  readonly #keysByMachineId = new Map<string, string>();

  constructor(environment: ProviderEnvironment) {
    this.environment = environment;
    this.watches = [
      {
        resource: resources.machines,
        mapToKeys: (o: { metadata: { namespace?: string } }): string[] => {
          const reference = (o as Machine).spec.infrastructureRef;
          return reference.kind === this.resource.kind ? [`${o.metadata.namespace ?? ''}/${reference.name}`] : [];
        },
      },
      {
        resource: resources.clusters,
        mapToKeys: (o: { metadata: { namespace?: string; name?: string } }): string[] => [
          ...(this.#waiting.get(`${o.metadata.namespace ?? ''}/${o.metadata.name ?? ''}`) ?? []),
        ],
      },
    ];
  }

  /** Objects by Cluster, for those that wait for something of the Cluster. */
  readonly #waiting = new Map<string, Set<string>>();

  start(enqueue: (key: string) => void): void {
    const { iaas, signal } = this.environment;
    const stop = iaas.onChange((vm) => {
      const key = this.#keysByMachineId.get(vm.id);
      if (key !== undefined) enqueue(key);
    });
    signal.addEventListener('abort', stop, { once: true });
  }

  /** The platform's identity of the machine once it was asked for; the object carries it through an import. */
  protected abstract machineId(object: T): string | undefined;
  /** The words in which the provider refuses a bootstrap format; undefined when it takes it. */
  protected abstract refuseFormat(format: string): string | undefined;
  /** What is wrong with the bootstrap data itself, in the provider's words. */
  protected refuseData(_data: string): string | undefined {
    return undefined;
  }
  /** Finds a slot and disks and says what to create; writes the identity and the slot into the object. Idempotent. */
  protected abstract claim(subject: MachineSubject<T>): Promise<MachineClaim | Obstacle>;
  /** The provider's own changes to the user data (tokens). */
  protected abstract userData(subject: MachineSubject<T>, userData: string): string;
  /** Writes what the platform shows of the machine into the object's spec and status, before it is ready too. */
  protected abstract report(subject: MachineSubject<T>, vm: VirtualMachine): void;
  /** Keeps further objects in step with the machine. */
  protected follow(_object: T, _machine: Machine, _vm: VirtualMachine): Promise<void> {
    return Promise.resolve();
  }
  /** Gives the slot back after the machine is gone. */
  protected abstract release(object: T): Promise<void>;
  /** One step of taking the machine away; answers what is waited for, undefined when it is gone. */
  protected remove(_object: T, vm: VirtualMachine): Promise<Obstacle | undefined> {
    this.environment.iaas.deleteVm(vm.id);
    return Promise.resolve({ reason: 'Deleting', severity: 'Info', message: '' });
  }
  /** Whether the operator asked to leave the machine alone at deletion. */
  protected retains(_object: T, _machine: Machine | undefined): boolean {
    return false;
  }

  async reconcile(key: ObjectKey): Promise<ReconcileResult> {
    const { client, signal } = this.environment;
    const before = await client.find<T>(this.resource, key, signal);
    const owner = before && ownerOf(before, 'Machine');
    if (!before) return;
    const { namespace = '' } = before.metadata;
    const machine = owner && (await client.find<Machine>(resources.machines, { name: owner.name, namespace }, signal));
    const clusterName = machine?.spec.clusterName ?? before.metadata.labels?.['cluster.x-k8s.io/cluster-name'];
    const cluster =
      clusterName === undefined
        ? undefined
        : await client.find<Cluster>(resources.clusters, { name: clusterName, namespace }, signal);
    if (isPaused(cluster, before)) return;
    const object = structuredClone(before);
    const id = this.machineId(object);
    if (id !== undefined) this.#keysByMachineId.set(id, key.key);
    if (beingDeleted(object)) return await this.#delete(before, object, machine);
    if (!machine || !cluster) return;
    const clusterKey = `${namespace}/${cluster.metadata.name ?? ''}`;
    this.#waiting.set(clusterKey, (this.#waiting.get(clusterKey) ?? new Set()).add(key.key));

    addFinalizer(object, this.#finalizer);
    const subject = { object, machine, cluster };
    let obstacle: Obstacle | undefined;
    try {
      obstacle = await this.#provision(subject, key.key);
    } catch (error) {
      if (!isGlobalctlError(error, 'LAB_IAAS')) throw error;
      obstacle = { reason: 'PlatformRefused', severity: 'Error', message: error.message, retryAfterMs: RETRY_MS };
    }
    await this.#save(before, object, obstacle);
    return obstacle?.retryAfterMs === undefined ? undefined : { requeueAfterMs: obstacle.retryAfterMs };
  }

  get #finalizer(): string {
    return `${this.resource.kind.toLowerCase()}.infrastructure.cluster.x-k8s.io`;
  }

  async #save(before: T, object: T, obstacle: Obstacle | undefined): Promise<void> {
    const { client, clock } = this.environment;
    const states = (type: string): ReturnType<typeof isTrue> =>
      obstacle ? isFalse(type, obstacle.reason, obstacle.severity, obstacle.message) : isTrue(type);
    setConditions(object, clock.now(), states(this.conditionType), states('Ready'));
    if (obstacle && obstacle.severity !== 'Info') {
      const { reason, message } = obstacle;
      this.environment.log(
        `"${message}" ${this.resource.kind}="${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''}" reason="${reason}"`,
      );
      await recordEvent(this.environment, this.name, before, { type: 'Warning', reason, message });
    }
    await saveChanges(client, this.resource, before, object);
  }

  async #provision(subject: MachineSubject<T>, key: string): Promise<Obstacle | undefined> {
    const { iaas } = this.environment;
    const { object, machine, cluster } = subject;
    const id = this.machineId(object);
    let vm = id === undefined ? undefined : iaas.find(id);
    if (!vm && object.status?.ready === true) {
      object.status = {
        ...object.status,
        ready: false,
        failureReason: 'UpdateError',
        failureMessage: `virtual machine ${id ?? ''} no longer exists`,
      };
      return { reason: 'MachineNotFound', severity: 'Error', message: `virtual machine ${id ?? ''} no longer exists` };
    }
    if (!vm) {
      const waiting = (reason: string): Obstacle => ({ reason, severity: 'Info', message: '' });
      if (cluster.status?.infrastructureReady !== true) return waiting('WaitingForClusterInfrastructure');
      const { dataSecretName } = machine.spec.bootstrap;
      if (dataSecretName === undefined) return waiting('WaitingForBootstrapData');
      const data = await this.#bootstrapData(object, dataSecretName);
      if (isObstacle(data)) return data;
      const claim = await this.claim(subject);
      if (isObstacle(claim)) return claim;
      this.#keysByMachineId.set(claim.id, key);
      vm = iaas.createVm({ ...claim, userData: this.userData(subject, data) });
      await recordEvent(this.environment, this.name, object, {
        type: 'Normal',
        reason: 'SuccessfulCreate',
        message: `Created virtual machine ${vm.name} (${vm.id})`,
      });
    }
    this.report(subject, vm);
    await this.follow(object, machine, vm);
    if (vm.state === 'failed') {
      // The remains are removed and the next round begins anew, as the real providers do.
      iaas.deleteVm(vm.id);
      return {
        reason: 'CreateFailed',
        severity: 'Error',
        message: vm.error ?? 'creation failed',
        retryAfterMs: RETRY_MS,
      };
    }
    if (vm.state === 'deleting')
      return {
        reason: 'Recreating',
        severity: 'Warning',
        message: 'the failed machine is being removed',
        retryAfterMs: RETRY_MS,
      };
    if (vm.state === 'creating') return { reason: 'Creating', severity: 'Info', message: '' };
    if (vm.state !== 'running')
      return { reason: 'NotRunning', severity: 'Warning', message: `the machine is ${vm.state}` };
    if (!vm.addressesReported)
      return {
        reason: 'WaitingForIPAllocation',
        severity: 'Info',
        message: 'the guest has not reported its addresses',
      };
    object.status = { ...object.status, ready: true };
    return undefined;
  }

  async #bootstrapData(object: T, secretName: string): Promise<string | Obstacle> {
    const { client, signal } = this.environment;
    const ref = { name: secretName, namespace: object.metadata.namespace };
    const secret = await client.find<Secret>(resources.secrets, ref, signal);
    const decode = (key: string): string => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
    if (!secret?.data?.['value'])
      return {
        reason: 'WaitingForBootstrapData',
        severity: 'Warning',
        message: `Secret ${secretName} has no key value`,
        retryAfterMs: RETRY_MS,
      };
    const refusal = this.refuseFormat(decode('format') || 'cloud-config');
    const fault = refusal === undefined ? this.refuseData(decode('value')) : undefined;
    if (fault !== undefined) return { reason: 'InvalidBootstrapData', severity: 'Error', message: fault };
    return refusal === undefined
      ? decode('value')
      : { reason: 'InvalidBootstrapFormat', severity: 'Error', message: refusal };
  }

  async #delete(before: T, object: T, machine: Machine | undefined): Promise<ReconcileResult> {
    const { iaas, client, clock } = this.environment;
    const id = this.machineId(object);
    const vm = id === undefined ? undefined : iaas.find(id);
    if (vm && !this.retains(object, machine)) {
      const obstacle = await this.remove(object, vm);
      if (obstacle) {
        setConditions(object, clock.now(), isFalse('Ready', obstacle.reason, obstacle.severity, obstacle.message));
        await saveChanges(client, this.resource, before, object);
        return { requeueAfterMs: obstacle.retryAfterMs ?? RETRY_MS };
      }
    }
    await this.release(object);
    removeFinalizer(object, this.#finalizer);
    await saveChanges(client, this.resource, before, object);
  }

  /** The provider's cluster object that belongs to a machine. */
  protected async infrastructureCluster<C extends InfrastructureCluster>(cluster: Cluster): Promise<C | undefined> {
    const reference = cluster.spec?.infrastructureRef;
    return reference && (await findReferenced<C>(this.environment, reference, cluster.metadata.namespace));
  }
}
