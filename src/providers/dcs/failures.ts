import { commonSigns, type FailureSign } from '../shared/failure-table.ts';

/** dcs.md §10. */
export const dcsFailureSigns: readonly FailureSign[] = [
  {
    words: /invalid format, expected ignition/,
    cause: 'The bootstrap format is not ignition.',
    cure: "Set kubeadmConfigSpec.format and the worker template's format to ignition.",
  },
  {
    words: /10100116/,
    cause: 'The DCS account is locked; every retry prolongs the lock.',
    cure: 'Scale Deployment cluster-api-provider-dcs-manager to 0, wait five minutes, scale it back.',
  },
  {
    words: /10000002/,
    cause: 'The session at the DCS API has expired (about 30 minutes without use).',
    cure: 'Nothing: the provider opens a new session. Restart its Pod when the message keeps coming.',
  },
  {
    words: /102212808|rejected by FC site policy/,
    cause: 'DCS refuses to delete a VM that still runs; the provider tries again.',
    cure: 'After more than three rounds look for someone else who starts the VM; stop it in the portal.',
  },
  {
    reason: 'WaitingForStop',
    cause: 'The VM is being stopped safely before it is deleted.',
    cure: 'Wait about a minute; a VM without running guest tools must be stopped in the portal.',
  },
  {
    reason: 'VMMidTransition',
    cause: 'The VM is in a passing state, so it cannot be stopped yet.',
    cure: 'Migrating and starting pass by themselves; a paused or hibernated VM must be resumed in the portal.',
  },
  {
    reason: 'WaitingForInfrastructure',
    cause: 'DCS has not placed the VM: a datastore above about 70 %, loaded hosts, or a running deploy task.',
    cure: 'Check datastores, hosts and tasks in the DCS portal; more than ten minutes is an incident of the platform.',
  },
  {
    words: /no available ip|pool (is )?exhausted|no free (ip|slot)/i,
    cause: 'The DCSIpHostnamePool has no free entry for another machine.',
    cure: 'Append an entry to the pool, or lower replicas.',
  },
  ...commonSigns,
];
