import { X509Certificate } from 'node:crypto';
import { GlobalctlError } from '../../../base/index.ts';
import { fieldAt, PLATFORM_NAMESPACE, resources, type KubeObject } from '../../../kube/index.ts';
import { covers } from '../certificates/check-chain.ts';
import { issueCertificate } from '../certificates/issue.ts';
import { certificateFindings, consoleHosts } from '../certificates/request-certificate.ts';
import type { Phase, PhaseContext } from '../phase.ts';
import { findGlobalCluster } from './find-cluster.ts';

const NAME = 'platform-console-tls';
const LIFETIME_DAYS = 3650;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** The console's certificate as a Secret in the new cluster: the operator's, or one made for the platform's addresses. */
export const consoleCertificatePhase: Phase = {
  id: 'console-certificate',
  title: 'Place the console certificate',
  run: async (context) => {
    const { request, config, signal, log } = context;
    const { client: target } = await context.target();
    const vips = await endpoints(context);
    const { cert } = request.console;
    if ('thirdParty' in cert) {
      await requireSound(context, vips);
      const { certificate, privateKey, ...further } = cert.thirdParty;
      // PKCS#12 values come encoded; a password beside them may not be, and a Secret takes nothing else.
      const others: Record<string, string> = {};
      for (const [k, v] of Object.entries(further)) others[k] = BASE64.test(v) ? v : base64(v);
      const data = { ...others, 'tls.crt': certificate, 'tls.key': privateKey };
      await target.apply(resources.secrets, tlsSecret(data), { force: true, signal });
      log(`Secret ${NAME} holds the third-party certificate`);
      return;
    }
    const hosts = consoleHosts(request, vips);
    const ref = { name: NAME, namespace: PLATFORM_NAMESPACE };
    const present = fieldAt(await target.find(resources.secrets, ref, signal), 'data', 'tls.crt');
    if (typeof present === 'string' && isFor(present, hosts)) return;
    const made = await issueCertificate({
      commonName: request.console.globalHost,
      use: 'server',
      hosts,
      days: LIFETIME_DAYS,
      nowMs: config.clock.now(),
    });
    const data = { 'tls.crt': base64(made.certificate), 'tls.key': base64(made.key) };
    await target.apply(resources.secrets, tlsSecret(data), { force: true, signal });
    log(`Secret ${NAME} holds a self-signed certificate for ${hosts.join(', ')}`);
  },
};

/** The control plane endpoint of vSphere and HCS stands in the manifest alone. */
async function endpoints({ source, signal }: PhaseContext): Promise<string[]> {
  const { infra } = await findGlobalCluster(source, signal);
  const host = fieldAt(infra, 'spec', 'controlPlaneEndpoint', 'host');
  return typeof host === 'string' && host !== '' ? [host] : [];
}

/** When the request came nobody could say all names yet, and time has passed since. */
async function requireSound({ request, config, log }: PhaseContext, vips: readonly string[]): Promise<void> {
  const { faults, warnings } = await certificateFindings(request, { nowMs: config.clock.now(), vips });
  for (const { pointer, message } of warnings) log(`${pointer} ${message}`);
  if (faults.length > 0)
    throw new GlobalctlError('INSTALLER_REQUEST_INVALID', {
      message: faults.map((f) => `${f.pointer} ${f.message}`).join('; '),
      subject: '/console/cert/thirdParty',
    });
}

function isFor(encoded: string, hosts: readonly string[]): boolean {
  try {
    const certificate = new X509Certificate(Buffer.from(encoded, 'base64'));
    return hosts.every((host) => covers(certificate, host));
  } catch {
    return false;
  }
}

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
