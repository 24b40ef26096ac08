import { lt } from 'semver';

/** A `files` entry of a kubeadm config. `permissions` is a string of octal digits. */
export interface KubeadmFile {
  path: string;
  owner: 'root:root';
  append?: boolean;
  permissions: string;
  content: string;
}

export const paths = {
  psaConfig: '/etc/kubernetes/admission/psa-config.yaml',
  kubeletPatch: '/etc/kubernetes/patches/kubeletconfiguration0+strategic.json',
  patches: '/etc/kubernetes/patches',
  auditPolicy: '/etc/kubernetes/audit/policy.yaml',
  auditLog: '/etc/kubernetes/audit/audit.log',
  encryptionProvider: '/etc/kubernetes/encryption-provider.conf',
  imageLoader: '/usr/local/bin/capv-load-local-images.sh',
  kubernetes: '/etc/kubernetes',
  platformState: '/var/cpaas',
  volumePlugins: '/opt/libexec/kubernetes/kubelet-plugins/volume/exec/',
} as const;

const psaConfigText = `apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  configuration:
    apiVersion: pod-security.admission.config.k8s.io/v1
    kind: PodSecurityConfiguration
    defaults:
      enforce: privileged
      enforce-version: latest
      audit: baseline
      audit-version: latest
      warn: baseline
      warn-version: latest
    exemptions:
      usernames: []
      runtimeClasses: []
      namespaces:
      - kube-system
      - cpaas-system
`;

/** Pod security admission: privileged is enforced, baseline audited and warned of; the two system namespaces are exempt. */
export const psaConfigFile: KubeadmFile = {
  path: paths.psaConfig,
  owner: 'root:root',
  permissions: '0644',
  content: psaConfigText,
};

/** Kubernetes from which the kubelet checks image pull credentials on its own, so that the patch must switch that off. */
const imagePullVerificationSince = '1.35.0-0';

/**
 * The strategic patch of the kubelet configuration. Workers run no static Pods, so theirs unsets the path; vSphere leaves
 * `clientCAFile` out. From Kubernetes 1.35 one more key is needed, which older kubelets refuse.
 */
export function kubeletPatchFile(options: {
  worker: boolean;
  clientCA: boolean;
  kubernetesVersion: string;
}): KubeadmFile {
  const patch = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    protectKernelDefaults: true,
    tlsCertFile: '/etc/kubernetes/pki/kubelet.crt',
    tlsPrivateKeyFile: '/etc/kubernetes/pki/kubelet.key',
    streamingConnectionIdleTimeout: '5m',
    ...(options.clientCA && { clientCAFile: '/etc/kubernetes/pki/ca.crt' }),
    ...(options.worker && { staticPodPath: null }),
    ...(!olderThan(options.kubernetesVersion, imagePullVerificationSince) && {
      imagePullCredentialsVerificationPolicy: 'NeverVerify',
    }),
  };
  return {
    path: paths.kubeletPatch,
    owner: 'root:root',
    permissions: '0644',
    content: `${JSON.stringify(patch, null, 2)}\n`,
  };
}

function olderThan(version: string, limit: string): boolean {
  // A version that is no semver is refused by the checks of the site; here it must only not throw.
  try {
    return lt(version, limit);
  } catch {
    return true;
  }
}

/** The encryption file of disaster-recovery §1: its bytes must be equal on both sides of a pair. */
export function encryptionProviderText(keyBase64: string): string {
  return `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources:
  - secrets
  providers:
  - aescbc:
      keys:
      - name: key1
        secret: ${keyBase64}
`;
}

export function encryptionProviderFile(keyBase64: string): KubeadmFile {
  return {
    path: paths.encryptionProvider,
    owner: 'root:root',
    append: false,
    permissions: '0644',
    content: encryptionProviderText(keyBase64),
  };
}
