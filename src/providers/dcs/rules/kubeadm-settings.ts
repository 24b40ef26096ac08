import { kubeadmSettingsRule } from '../../shared/kubeadm-settings.ts';

/** Every node may start before its network does; what else DCS needs are the words that the provider replaces. */
export const kubeadmSettings = kubeadmSettingsRule([], ['/etc/disk-setup.sh']);
