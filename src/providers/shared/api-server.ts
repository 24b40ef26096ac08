import { paths } from './kubeadm-files.ts';

const cipherSuites = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
];

/**
 * Arguments of the API server (dcs.md §6, hcs.md §5); every value is a string, as the schema demands. `hardened` adds log
 * rotation and the cipher list, which the HCS page leaves out.
 */
export function apiServerArgs(options: { hardened: boolean; encryption: boolean }): Record<string, string> {
  return {
    'audit-log-format': 'json',
    ...(options.hardened && { 'audit-log-maxage': '30', 'audit-log-maxbackup': '10', 'audit-log-maxsize': '200' }),
    'audit-log-mode': 'batch',
    'audit-log-path': paths.auditLog,
    'audit-policy-file': paths.auditPolicy,
    'admission-control-config-file': paths.psaConfig,
    ...(options.encryption && { 'encryption-provider-config': paths.encryptionProvider }),
    'kubelet-certificate-authority': '/etc/kubernetes/pki/ca.crt',
    profiling: 'false',
    'tls-min-version': 'VersionTLS12',
    ...(options.hardened && { 'tls-cipher-suites': cipherSuites.join(',') }),
  };
}

/** The files under /etc/kubernetes reach the API server only through this volume; arguments and volume go together. */
export const kubernetesFolderVolume = {
  name: 'vol-dir-0',
  hostPath: paths.kubernetes,
  mountPath: paths.kubernetes,
  pathType: 'Directory',
};
