import { encryptionArgument, kubeadmSettingsRule } from '../../shared/kubeadm-settings.ts';

/** Nothing beyond what all providers need: HCS sets node IP and provider ID by itself. */
export const kubeadmSettings = kubeadmSettingsRule([encryptionArgument], [], {
  bad: `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    initConfiguration:
      nodeRegistration:
        kubeletExtraArgs:
          node-labels: role=master
`,
  good: `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    initConfiguration:
      nodeRegistration:
        kubeletExtraArgs:
          node-labels: kube-ovn/role=master
`,
});
