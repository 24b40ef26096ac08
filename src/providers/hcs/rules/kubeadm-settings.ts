import { encryptionArgument, kubeadmSettingsRule } from '../../shared/kubeadm-settings.ts';

/** Nothing beyond what all providers need: HCS sets node IP and provider ID by itself. */
export const kubeadmSettings = kubeadmSettingsRule([encryptionArgument], []);
