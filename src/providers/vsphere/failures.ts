import { commonSigns, type FailureSign } from '../shared/failure-table.ts';

/** vsphere.md §9. */
export const vsphereFailureSigns: readonly FailureSign[] = [
  {
    reason: 'PoolBoundToOtherConsumer',
    cause: 'The VSphereMachineConfigPool serves another control plane or deployment already.',
    cure: 'Give each KubeadmControlPlane and each MachineDeployment a pool of its own.',
  },
  {
    reason: 'NoAvailableSlots',
    cause: 'The pool has no free slot for the datacenter or failure domain.',
    cure: 'Append a slot of that datacenter to the pool, or lower replicas.',
  },
  {
    words: /ignition.*(not supported|unsupported)|unsupported.*ignition/i,
    cause: 'The bootstrap format is ignition, which vSphere does not take.',
    cure: 'Set the format to cloud-config or leave it out.',
  },
  {
    words: /insufficient disk/i,
    cause: 'The datastore is full.',
    cure: 'Remove leftover VM folders and disk files; never the disk of a Released slot.',
  },
  {
    words: /field is immutable/,
    cause: 'A machine template was edited in place.',
    cure: 'Write a template with a new name and change the reference to it.',
  },
  {
    words: /waiting for .*ip|WaitingForNetworkAddresses/i,
    cause: 'The VM has not reported an address.',
    cure: 'Check the guest tools of the template, the static IP of the slot and VSphereVM.status.addresses.',
  },
  {
    words: /thumbprint/i,
    cause: 'The certificate of vCenter does not have the thumbprint of the site.',
    cure: 'Read it again with openssl s_client and openssl x509 -noout -fingerprint -sha1, and set vsphere.thumbprint.',
  },
  ...commonSigns,
];
