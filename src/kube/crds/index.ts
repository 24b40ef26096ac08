/**
 * The CustomResourceDefinitions of Cluster API core, the kubeadm providers and the three infrastructure providers, as objects ready
 * to be applied: the sample packages of the lab carry them, and manifests are checked against them.
 * Written for this project without descriptions; a test holds names, types and limits to the vendors' own CRDs.
 */
export { coreCrds } from './core-crds.ts';
export { kubeadmCrds } from './kubeadm-crds.ts';
export { dcsCrds } from './dcs-crds.ts';
export { hcsCrds } from './hcs-crds.ts';
export { vsphereCrds } from './vsphere-crds.ts';
