import type { GuestHardware, GuestNode } from '../../machines/index.ts';

export type VmState = 'creating' | 'running' | 'stopping' | 'stopped' | 'deleting' | 'failed';

/** A disk of the site that outlives machines: `/var/cpaas` and the like. */
export interface PersistentDisk {
  /** The IaaS's own identity of the volume. */
  readonly id: string;
  /** Who it is kept for: pool, address or host name, slot. */
  readonly key: string;
  readonly sizeGiB: number;
  readonly datastore: string;
  /** Id of the machine that it is attached to. */
  attachedTo?: string;
  /** A machine has booted with it: what it holds is stale for the next one. */
  used: boolean;
}

export interface VmRequest {
  /** The IaaS's own identity of the machine. */
  readonly id: string;
  readonly name: string;
  /** The part of the site that it stands in: a vSphere datacenter. */
  readonly placement?: string | undefined;
  readonly hardware: Omit<GuestHardware, 'mounts'> & { readonly mounts: readonly { readonly path: string }[] };
  readonly userData: string;
  /** Disks to attach before the first boot; `wipe` clears them then. */
  readonly disks: readonly { readonly id: string; readonly path?: string | undefined; readonly wipe?: boolean }[];
  /** Simulated time that the clone takes on an idle platform. */
  readonly createMs: number;
}

/** A machine of the data centre as its IaaS shows it. */
export interface VirtualMachine {
  readonly request: VmRequest;
  readonly id: string;
  readonly name: string;
  readonly state: VmState;
  /** Why it is `failed`. */
  readonly error?: string | undefined;
  /** The guest tools report the addresses only some time after the start. */
  readonly addressesReported: boolean;
  /** The node that it became. */
  readonly node?: GuestNode | undefined;
  /** What stands on its console; the last lines tell why a node did not come to be. */
  readonly console: readonly string[];
}
