import { coreCrds, hcsCrds, kubeadmCrds } from '../../../src/kube/crds/index.ts';

/** What both sides serve: Cluster API, kubeadm and one provider. */
export const allCrds = [...coreCrds, ...kubeadmCrds, ...hcsCrds];
