import { createHash } from 'node:crypto';
import { toGlobalctlError } from '../../base/index.ts';
import {
  isKubeReason,
  PLATFORM_NAMESPACE,
  resources,
  type KubeClient,
  type KubeObject,
  type Resource,
} from '../../kube/index.ts';
import type { Finding } from '../../site/index.ts';
import { platformDomain, sideNames, vipOf, type Pair, type SideName } from '../pair.ts';
import { EXPIRY_WARNING_MS, expiryText } from './certificate.ts';
import { ENCRYPTION_SECRET, encryptionDifference, encryptionOf } from './encryption.ts';
import { portTable, type PortRow } from './ports.ts';
import { probePort } from './probe-port.ts';
import { etcdSansOf, renderPair } from './rendered.ts';

/** A side whose new cluster can be asked. */
export interface LiveSide {
  readonly client: KubeClient;
  /** HTTP proxy through which the addresses of this side are reached. */
  readonly proxyUrl?: string | undefined;
}

export interface LiveCheck {
  readonly findings: readonly Finding[];
  /** The ports as this host reaches them. */
  readonly ports: readonly (PortRow & {
    readonly state: 'open' | 'closed' | 'not looked at';
    readonly reason?: string;
  })[];
  readonly certificates: readonly CertificateRow[];
  /** Where the encryption configuration of each side was read, and a fingerprint of it. */
  readonly encryption: readonly EncryptionRow[];
}

export interface CertificateRow {
  readonly side: SideName;
  readonly port: number;
  readonly validTo: string;
  readonly left: string;
  readonly sans: string;
}

export interface EncryptionRow {
  readonly side: SideName;
  /** `KubeadmControlPlane cpaas-system/global-kcp`, `KubeadmConfig cpaas-system/global-kcp-abc`. */
  readonly from: string;
  /** First digits of the SHA-256 of the bytes: equal on both sides, and no way back to the key. */
  readonly fingerprint: string;
}

export interface LiveOptions {
  readonly pair: Pair;
  readonly live: Partial<Record<SideName, LiveSide>>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Ports on which a server shows a certificate. */
const tlsPorts = new Set([443, 6443, 11443, 2379]);

/** Looks at what runs: keys on both sides, SANs, certificates and ports as they are reached from this host. Changes nothing. */
export async function checkLive(options: LiveOptions): Promise<LiveCheck> {
  const { pair, live } = options;
  const findings: Finding[] = [];
  const encryption: (EncryptionRow & { readonly text: string })[] = [];
  const rendered = await renderPair(pair);
  for (const side of sideNames) {
    const at = live[side];
    if (!at) continue;
    try {
      const objects = await readObjects(at.client, options.signal);
      encryption.push(...readEncryption(side, objects));
      findings.push(
        ...checkSans(pair, side, {
          live: etcdSansOf(objects),
          wanted: rendered && etcdSansOf(rendered[side].manifest),
        }),
      );
    } catch (error) {
      if (options.signal.aborted) throw error;
      findings.push(unreadable(pair, side, toGlobalctlError(error).message));
    }
  }
  const wanted = rendered && encryptionOf(rendered.primary.manifest);
  findings.push(...compareKeys(pair, encryption, wanted));
  const ports = await Promise.all(portTable(pair).map((row) => probe(options, row)));
  const certificates = ports.flatMap(({ certificate, ...row }) =>
    certificate
      ? [
          {
            side: row.to,
            port: row.port,
            validTo: certificate.validTo,
            left: expiryText(certificate, options.nowMs),
            sans: certificate.subjectAltName ?? 'none',
            endsMs: Date.parse(certificate.validTo) - options.nowMs,
          },
        ]
      : [],
  );
  findings.push(...checkEnds(pair, certificates), ...checkPorts(pair, ports));
  return {
    findings,
    ports: ports.map(({ certificate: _certificate, ...row }) => row),
    certificates: certificates.map(({ endsMs: _endsMs, ...row }) => row),
    encryption: encryption.map(({ text: _text, ...row }) => row),
  };
}

async function readObjects(client: KubeClient, signal: AbortSignal): Promise<KubeObject[]> {
  const list = async (resource: Resource): Promise<KubeObject[]> => {
    try {
      return (await client.list(resource, { namespace: PLATFORM_NAMESPACE, signal })).items;
    } catch (error) {
      if (isKubeReason(error, 'NotFound')) return [];
      throw error;
    }
  };
  const ref = { name: ENCRYPTION_SECRET, namespace: PLATFORM_NAMESPACE };
  const [planes, configs, secret] = await Promise.all([
    list(resources.kubeadmControlPlanes),
    list(resources.kubeadmConfigs),
    client.find(resources.secrets, ref, signal),
  ]);
  const ofGlobal = (object: KubeObject): boolean =>
    (object.metadata.labels?.['cluster.x-k8s.io/cluster-name'] ?? 'global') === 'global';
  return [
    ...planes.filter(({ metadata }) => metadata.name?.startsWith('global-') === true),
    ...configs.filter(ofGlobal).map(asControlPlane),
    ...(secret ? [secret] : []),
  ];
}

/** A KubeadmConfig holds one level less than the control plane that it was made from. */
function asControlPlane(config: KubeObject): KubeObject {
  return { ...config, spec: { kubeadmConfigSpec: config['spec'] } };
}

function readEncryption(side: SideName, objects: readonly KubeObject[]): (EncryptionRow & { readonly text: string })[] {
  return objects.flatMap((object) => {
    const text = encryptionOf([object.kind === 'KubeadmConfig' ? { ...object, kind: 'KubeadmControlPlane' } : object]);
    if (text === undefined) return [];
    const from = `${object.kind} ${PLATFORM_NAMESPACE}/${object.metadata.name ?? '?'}`;
    return [{ side, from, text, fingerprint: createHash('sha256').update(text).digest('hex').slice(0, 12) }];
  });
}

function compareKeys(
  pair: Pair,
  found: readonly (EncryptionRow & { readonly text: string })[],
  wanted: string | undefined,
): Finding[] {
  return found.flatMap(({ side, from, text }) => {
    const difference = wanted === undefined ? undefined : encryptionDifference(wanted, text);
    if (difference === undefined) return [];
    return [
      pair[side].loaded.locate({
        code: 'DR_LIVE',
        severity: 'error',
        path: 'dr.encryptionKey',
        message: `${from} of the ${side} side has another encryption configuration than the site files: they differ in ${difference}`,
        expected: 'the same bytes on the nodes of both sides',
      }),
    ];
  });
}

function checkSans(
  pair: Pair,
  side: SideName,
  { live, wanted }: { readonly live: readonly string[] | undefined; readonly wanted: readonly string[] | undefined },
): Finding[] {
  const missing = (wanted ?? []).filter((san) => live?.includes(san) !== true);
  if (live === undefined || missing.length === 0) return [];
  return [
    pair[side].loaded.locate({
      code: 'DR_LIVE',
      severity: 'error',
      path: 'dr',
      message: `etcd of the ${side} side runs with a certificate that lacks ${missing.join(', ')}`,
      expected: wanted?.join(', '),
      found: live.join(', '),
    }),
  ];
}

function unreadable(pair: Pair, side: SideName, message: string): Finding {
  return pair[side].loaded.locate({
    code: 'DR_LIVE',
    severity: 'warning',
    path: 'network.controlPlaneVIP',
    message: `the ${side} side cannot be asked: ${message}`,
    found: vipOf(pair, side),
  });
}

async function probe({ live }: LiveOptions, row: PortRow) {
  const at = live[row.to];
  if (!at) return { ...row, state: 'not looked at' as const, certificate: undefined };
  const tls = tlsPorts.has(row.port);
  const result = await probePort({ host: row.address, port: row.port, tls, proxyUrl: at.proxyUrl });
  return result.open
    ? { ...row, state: 'open' as const, certificate: result.certificate }
    : { ...row, state: 'closed' as const, reason: result.reason, certificate: undefined };
}

function checkPorts(pair: Pair, ports: LiveCheck['ports']): Finding[] {
  return ports.flatMap(({ to, port, state, reason, use, optional }) => {
    if (state !== 'closed' || optional) return [];
    return [
      pair[to].loaded.locate({
        code: 'DR_LIVE',
        severity: 'warning',
        path: `dr.${to}VIP`,
        message: `port ${String(port)} of the ${to} side is not reached from this host (${use})`,
        expected: `${vipOf(pair, to)}:${String(port)} open in both directions between the sites`,
        found: reason,
        hint: 'Open it in the firewall and forward it on the load balancer; 2379 and 6443 on layer 4.',
      }),
    ];
  });
}

function checkEnds(pair: Pair, certificates: readonly (CertificateRow & { readonly endsMs: number })[]): Finding[] {
  return certificates.flatMap(({ side, port, validTo, left, endsMs }) => {
    if (endsMs >= EXPIRY_WARNING_MS) return [];
    return [
      pair[side].loaded.locate({
        code: 'DR_LIVE',
        severity: endsMs < 0 ? 'error' : 'warning',
        path: `dr.${side}VIP`,
        message: `the certificate on port ${String(port)} of the ${side} side ends`,
        expected: `more than 30 days, also for ${platformDomain(pair)}`,
        found: `${validTo}, ${left}`,
      }),
    ];
  });
}
