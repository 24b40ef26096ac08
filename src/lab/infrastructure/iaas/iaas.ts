import { GlobalctlError, isGlobalctlError, type Clock, type SeededRandom } from '../../../base/index.ts';
import type { LabNetwork } from '../../network/index.ts';
import { serviceKey } from '../../services.ts';
import {
  bootGuest,
  LoadBalancer,
  type ClusterDirectory,
  type FormedCluster,
  type GuestMount,
  type StartCluster,
} from '../../machines/index.ts';
import type { Faults } from './faults.ts';
import type { Fleet, Machine } from './fleet.ts';
import type { PersistentDisk, VirtualMachine, VmRequest, VmState } from './virtual-machine.ts';

export interface IaasOptions {
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** Of the site that its new machines and balancers stand in. */
  readonly network: LabNetwork;
  /** How a machine's kubeadm forms a cluster there. */
  readonly startCluster: StartCluster;
  /** The machines of all sites. */
  readonly fleet: Fleet;
  readonly log?: ((line: string) => void) | undefined;
}

/** How long the platform takes for what it does, in simulated time. */
const START_MS = 15_000;
const STOP_MS = 30_000;
const DELETE_MS = 10_000;
const CONSOLE_LINES = 500;

/**
 * The infrastructure that a site's owner rents: machines, disks that outlive them, balancers, and the faults of all that.
 * It knows no Kubernetes; the provider simulators drive it as the real ones drive vCenter, the VRM or the ECS API. Whoever logs in
 * at one site sees the whole fleet.
 */
export class Iaas {
  readonly #options: IaasOptions;
  readonly #machines: Map<string, Machine>;
  readonly #disks: Map<string, PersistentDisk>;
  readonly #balancers: Map<string, LoadBalancer>;

  constructor(options: IaasOptions) {
    this.#options = options;
    const { machines, disks, balancers } = options.fleet;
    this.#machines = machines;
    this.#disks = disks;
    this.#balancers = balancers;
  }

  get faults(): Faults {
    return this.#options.fleet.faults;
  }

  /** Throws LAB_IAAS when the endpoint does not answer or refuses the credentials. */
  login(endpoint: string, user: string): void {
    const unreachable = this.faults.strike('api-unreachable', endpoint);
    if (unreachable)
      throw iaasError(
        unreachable.message ?? `dial tcp ${endpoint.replace(/^https?:\/\//, '')}: connect: connection refused`,
        endpoint,
      );
    const refused = this.faults.strike('unauthorized', user);
    if (refused) throw iaasError(refused.message ?? '401 Unauthorized', endpoint);
  }

  find(id: string): VirtualMachine | undefined {
    return this.#machines.get(id);
  }

  findByName(name: string): VirtualMachine | undefined {
    return [...this.#machines.values()].find((vm) => vm.name === name);
  }

  all(): readonly VirtualMachine[] {
    return [...this.#machines.values()];
  }

  /** Called when a machine's state changes. Returns the way to stop listening. */
  onChange(listener: (vm: VirtualMachine) => void): () => void {
    return this.#options.fleet.onChange(listener);
  }

  /** Begins to create a machine; one of that id which exists is returned as it is. Throws LAB_IAAS on a fault. */
  createVm(request: VmRequest): VirtualMachine {
    const present = this.#machines.get(request.id);
    if (present) return present;
    const twin = this.all().find((vm) =>
      vm.request.hardware.addresses.some((a) => request.hardware.addresses.includes(a)),
    );
    const { name } = request;
    const quota = this.faults.strike('quota', name);
    if (quota) throw iaasError(quota.message ?? 'quota exceeded', name);
    const vm: Machine = {
      request,
      id: request.id,
      name,
      state: 'creating',
      addressesReported: false,
      console: [],
      power: new AbortController(),
    };
    this.#machines.set(vm.id, vm);
    if (twin) this.#print(vm, `another machine answers for one of the addresses: ${twin.name}`);
    this.#run(vm, () => this.#create(vm));
    return vm;
  }

  /** Begins a safe stop; `stopped` follows. */
  stopVm(id: string): void {
    const vm = this.#machines.get(id);
    if (!vm || vm.state !== 'running') return;
    this.#become(vm, 'stopping');
    this.#run(vm, async () => {
      await this.#pass(vm, 'stop', STOP_MS);
      await this.#powerOff(vm);
      this.#become(vm, 'stopped');
    });
  }

  /** Begins to delete a machine, running or not; afterwards `find` no longer knows it. Its persistent disks stay. */
  deleteVm(id: string): void {
    const vm = this.#machines.get(id);
    if (!vm || vm.state === 'deleting') return;
    this.#become(vm, 'deleting');
    this.#run(vm, async () => {
      await this.#powerOff(vm);
      await this.#pass(vm, 'delete', DELETE_MS);
      for (const disk of this.#disks.values()) if (disk.attachedTo === id) delete disk.attachedTo;
      this.#machines.delete(id);
      this.#changed(vm);
    });
  }

  /** The disk kept under a key, made when there is none. Throws LAB_IAAS when the datastore has no room. */
  ensureDisk(disk: {
    readonly key: string;
    readonly id: string;
    readonly sizeGiB: number;
    readonly datastore: string;
  }): PersistentDisk {
    const present = this.#disks.get(disk.key);
    if (present) return present;
    const full = this.faults.strike('no-capacity', disk.datastore);
    if (full) throw iaasError(full.message ?? 'insufficient disk available', disk.datastore);
    const made: PersistentDisk = { ...disk, used: false };
    this.#disks.set(disk.key, made);
    return made;
  }

  disks(): readonly PersistentDisk[] {
    return [...this.#disks.values()];
  }

  deleteDisk(key: string): void {
    this.#disks.delete(key);
  }

  /** The balancer at an address, made with no ports when there is none; `backends` are the machines' addresses. */
  ensureBalancer(host: string, backends: () => readonly string[]): LoadBalancer {
    let balancer = this.#balancers.get(host);
    if (!balancer) {
      balancer = new LoadBalancer(this.#options.network, host, backends);
      this.#balancers.set(host, balancer);
    }
    return balancer;
  }

  deleteBalancer(host: string): void {
    this.#balancers.get(host)?.dispose();
    this.#balancers.delete(host);
  }

  get clusters(): ClusterDirectory {
    return this.#options.fleet.clusters;
  }

  /** The machines of a cluster lose their power, all at once: nobody says goodbye, and what is on their disks stays. */
  async cutPower({ caHash, cluster }: FormedCluster): Promise<void> {
    await cluster.powerOff();
    for (const vm of this.#nodesOf(caHash)) if (vm.state === 'running') this.#become(vm, 'stopped');
  }

  /** The machines come back with what was on their disks. */
  async restorePower({ caHash, cluster }: FormedCluster): Promise<void> {
    await cluster.powerOn();
    for (const vm of this.#nodesOf(caHash)) if (vm.state === 'stopped') this.#become(vm, 'running');
  }

  #nodesOf(caHash: string): Machine[] {
    return [...this.#machines.values()].filter((vm) => vm.node?.caHash === caHash);
  }

  /** Switches everything off at once. */
  async stop(): Promise<void> {
    for (const vm of this.#machines.values()) vm.power.abort();
    for (const host of [...this.#balancers.keys()]) this.deleteBalancer(host);
    await this.clusters.stop();
  }

  #run(vm: Machine, work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (isGlobalctlError(error, 'CANCELLED') || vm.power.signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log?.(`machine ${vm.name}: ${message}`);
      this.#print(vm, `platform error: ${message}`);
      vm.error = message;
      this.#become(vm, 'failed');
    });
  }

  async #create(vm: Machine): Promise<void> {
    const { createMs } = vm.request;
    await this.#pass(vm, 'create', createMs);
    while (this.faults.inForce('placement-stall', vm.name)) await this.#options.clock.sleep(5000, vm.power.signal);
    const failed = this.faults.strike('create-vm', vm.name);
    if (failed) {
      vm.error = failed.message ?? 'the clone task failed';
      this.#become(vm, 'failed');
      return;
    }
    for (const { id } of vm.request.disks) {
      const disk = this.disks().find((d) => d.id === id);
      if (disk?.attachedTo !== undefined && disk.attachedTo !== vm.id) {
        vm.error = `volume ${id} is attached to another machine`;
        this.#become(vm, 'failed');
        return;
      }
      if (disk) disk.attachedTo = vm.id;
    }
    this.#become(vm, 'running');
    await this.#boot(vm);
  }

  async #boot(vm: Machine): Promise<void> {
    const { clock, random, network, startCluster } = this.#options;
    const { clusters } = this;
    const { signal } = vm.power;
    await this.#pass(vm, 'start', START_MS);
    const mounts: GuestMount[] = vm.request.hardware.mounts.map(({ path }) => ({ path, stale: false }));
    for (const { id, path, wipe } of vm.request.disks) {
      const disk = this.disks().find((d) => d.id === id);
      if (path !== undefined) mounts.push({ path, stale: disk?.used === true && wipe !== true });
      if (disk) disk.used = true;
    }
    // Guest tools report the addresses while the first boot goes on.
    if (!this.faults.inForce('no-address', vm.name)) vm.addressesReported = true;
    this.#changed(vm);
    const console = (line: string): void => this.#print(vm, line);
    const node = await bootGuest(
      { clock, random, network, clusters, startCluster, signal, console },
      { ...vm.request.hardware, mounts },
      vm.request.userData,
    );
    vm.node = node;
    if (signal.aborted) await this.#powerOff(vm);
    this.#changed(vm);
  }

  async #powerOff(vm: Machine): Promise<void> {
    vm.power.abort();
    const { node } = vm;
    vm.node = undefined;
    vm.addressesReported = false;
    if (node) await this.clusters.removeNode(node.caHash, node.nodeName);
  }

  async #pass(vm: Machine, what: string, ms: number): Promise<void> {
    const { clock, random } = this.#options;
    const factor = this.faults.inForce('slow', vm.name)?.factor ?? (this.faults.inForce('slow', vm.name) ? 10 : 1);
    const jitter = 0.75 + 0.5 * random.fraction('iaas', vm.name, what);
    await clock.sleep(ms * factor * jitter, what === 'delete' || what === 'stop' ? undefined : vm.power.signal);
  }

  #print(vm: Machine, line: string): void {
    vm.console.push(line);
    if (vm.console.length > CONSOLE_LINES) vm.console.shift();
  }

  #become(vm: Machine, state: VmState): void {
    vm.state = state;
    this.#changed(vm);
  }

  #changed(vm: VirtualMachine): void {
    this.#options.fleet.changed(vm);
  }
}

export function iaasError(message: string, subject: string): GlobalctlError {
  return new GlobalctlError('LAB_IAAS', { message, subject });
}

/** Under this key the data centre gives its infrastructure to the provider simulators. */
export const iaasService = serviceKey<Iaas>('iaas');
