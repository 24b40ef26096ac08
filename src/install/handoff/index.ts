/**
 * The end of the bootstrap cluster: what must hold before it may go, and how it goes. Nothing here deletes an object of Cluster
 * API: deleting a Cluster, a control plane or a machine destroys the virtual machines of the live cluster, on either side.
 */
export { checkHandoff, requireOpenGates, type HandoffOptions } from './check-handoff.ts';
export type { Finding, Gate } from './gate.ts';
export { readHandoffRecord, retireBootstrapCluster, type HandoffRecord } from './retire.ts';
