import { isIP } from 'node:net';
import { CertificateAuthority, type KeyPair } from '../pki/index.ts';
import type { EtcdCertificates } from './control-plane.ts';

/** Certificates of an etcd that is reached under these names and addresses, loopback included. */
export async function createEtcdCertificates(options: {
  readonly names: readonly string[];
  /** Made anew when absent. */
  readonly authority?: KeyPair | undefined;
}): Promise<EtcdCertificates> {
  const authority = options.authority
    ? await CertificateAuthority.fromPem(options.authority)
    : await CertificateAuthority.create('etcd-ca');
  const names = [...new Set(['localhost', '127.0.0.1', ...options.names])];
  const [server, client] = await Promise.all([
    authority.issue({
      commonName: 'etcd',
      dnsNames: names.filter((name) => isIP(name) === 0),
      ipAddresses: names.filter((name) => isIP(name) !== 0),
    }),
    authority.issue({ commonName: 'root', organizations: ['system:masters'], usages: ['client'] }),
  ]);
  return { caPem: authority.certificatePem, server, client };
}
