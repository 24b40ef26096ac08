import { encryptionArgument, kubeadmSettingsRule, type KubeadmSetting } from '../../shared/kubeadm-settings.ts';
import { paths } from '../../shared/kubeadm-files.ts';
import { slip } from '../../shared/rule-example.ts';

const purpose = 'nodes wait for the cloud provider to give them their provider ID';
const value = 'external';
const kubelet = (phase: string) => [phase, 'nodeRegistration', 'kubeletExtraArgs', 'cloud-provider'];

/** The cloud provider runs outside of the control plane, and all of its parts must know. */
const settings: readonly KubeadmSetting[] = [
  {
    role: 'controlPlane',
    path: ['clusterConfiguration', 'controllerManager', 'extraArgs', 'cloud-provider'],
    value,
    purpose: 'the controller manager leaves nodes to the cloud provider',
  },
  { role: 'controlPlane', path: kubelet('initConfiguration'), value, purpose },
  { role: 'controlPlane', path: kubelet('joinConfiguration'), value, purpose },
  { role: 'worker', path: kubelet('joinConfiguration'), value, purpose },
];

export const kubeadmSettings = kubeadmSettingsRule(
  [encryptionArgument, ...settings],
  ['hostnamectl set-hostname', paths.imageLoader],
  slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    joinConfiguration:
      nodeRegistration:
        kubeletExtraArgs:
          cloud-provider: external
`,
    'cloud-provider: external',
    'cloud-provider: vsphere',
  ),
);
