import { isIP } from 'node:net';
import { webcrypto } from 'node:crypto';
import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeObject } from '../../../kube/index.ts';
import type { Phase } from '../phase.ts';
import type { InstallerRequest } from '../request.ts';

const NAME = 'platform-console-tls';
const LIFETIME_MS = 3650 * 86_400_000;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** The console's certificate as a Secret in the new cluster: the operator's, or one made for the platform's addresses. */
export const consoleCertificatePhase: Phase = {
  id: 'console-certificate',
  title: 'Place the console certificate',
  run: async (context) => {
    const { request, config, signal, log } = context;
    const { client: target } = await context.target();
    const { cert } = request.console;
    if ('thirdParty' in cert) {
      const { certificate, privateKey, ...further } = cert.thirdParty;
      await target.apply(resources.secrets, tlsSecret({ 'tls.crt': certificate, 'tls.key': privateKey, ...further }), {
        force: true,
        signal,
      });
      log(`Secret ${NAME} holds the third-party certificate`);
      return;
    }
    const ref = { name: NAME, namespace: PLATFORM_NAMESPACE };
    if (fieldAt(await target.find(resources.secrets, ref, signal), 'data', 'tls.crt') !== undefined) return;
    const made = await selfSigned(request, config.clock.now());
    await target.apply(resources.secrets, tlsSecret(made), { force: true, signal });
    log(`Secret ${NAME} holds a self-signed certificate for ${request.console.globalHost}`);
  },
};

/** `data` values are base64. */
function tlsSecret(data: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: NAME, namespace: PLATFORM_NAMESPACE },
    type: 'kubernetes.io/tls',
    data,
  };
}

async function selfSigned(request: InstallerRequest, nowMs: number): Promise<Record<string, string>> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const hosts = [...new Set([request.console.globalHost, ...request.console.host])];
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: [{ CN: [request.console.globalHost] }],
    notBefore: new Date(nowMs - 60_000),
    notAfter: new Date(nowMs + LIFETIME_MS),
    signingAlgorithm: KEY,
    keys,
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
    ],
  });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
  return { 'tls.crt': base64(certificate.toString('pem')), 'tls.key': base64(key) };
}
