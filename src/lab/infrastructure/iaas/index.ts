// The infrastructure below the providers: virtual machines with guests, disks that outlive them, balancers, and faults on
// purpose. The provider simulators and the control of the lab use it; it knows nothing of Kubernetes objects.
export * from './faults.ts';
export { Fleet } from './fleet.ts';
export * from './iaas.ts';
export * from './virtual-machine.ts';
