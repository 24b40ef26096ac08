import { resources } from '../../kube/index.ts';
import { caCertHash } from '../capi/kubeadm/certificates.ts';
import type { BootData } from './boot-data.ts';
import type { FormedCluster } from './cluster-directory.ts';
import type { GuestEnvironment, GuestHardware, GuestNode } from './guest-hardware.ts';
import type { JoinConfiguration } from './kubeadm-configuration.ts';
import { kubeletFault } from './node-checks.ts';
import { registerNode, staleEtcd } from './register-node.ts';

const JOIN_RETRY_MS = 5000;
const JOIN_LIMIT_MS = 300_000;

/** kubeadm join: the node becomes one of a cluster that its endpoint leads to. undefined when it does not. */
export async function kubeadmJoin(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  data: BootData,
  files: ReadonlySet<string>,
  configuration: JoinConfiguration,
  took: (what: 'joinControlPlane' | 'joinWorker') => Promise<void>,
): Promise<GuestNode | undefined> {
  const { console } = environment;
  const { controlPlane, node } = configuration;
  if (controlPlane && staleEtcd(hardware)) {
    console('[ERROR DirAvailable--var-lib-etcd]: /var/lib/etcd is not empty');
    return undefined;
  }
  const formed = await discover(environment, configuration);
  if (!formed) return undefined;
  if (controlPlane && caHashOf(data) !== formed.caHash) {
    console(
      'error execution phase control-plane-prepare/certs: the certificates among the files are not those of the cluster',
    );
    return undefined;
  }
  const fault = kubeletFault(node, hardware, files, data);
  await took(controlPlane ? 'joinControlPlane' : 'joinWorker');
  if (fault !== undefined) {
    console(fault);
    console('error execution phase kubelet-start: timed out waiting for the condition');
    return undefined;
  }
  return await registerNode(environment, hardware, formed, node, controlPlane);
}

function caHashOf(data: BootData): string | undefined {
  const pem = data.files.get('/etc/kubernetes/pki/ca.crt')?.content;
  return pem === undefined || pem === '' ? undefined : caCertHash(pem);
}

/** Finds the API server at its endpoint, as kubeadm does: by address, then authority, then token. */
async function discover(
  environment: GuestEnvironment,
  configuration: JoinConfiguration,
): Promise<FormedCluster | undefined> {
  const { network, clusters, clock, signal, console } = environment;
  const { apiServerEndpoint, caCertHashes, token } = configuration;
  const colon = apiServerEndpoint.lastIndexOf(':');
  const host = apiServerEndpoint.slice(0, colon);
  const port = Number(apiServerEndpoint.slice(colon + 1));
  for (let waitedMs = 0; network.resolve(host, port) === undefined; waitedMs += JOIN_RETRY_MS) {
    if (waitedMs === 0) console(`dial tcp ${apiServerEndpoint}: connect: connection refused`);
    if (waitedMs >= JOIN_LIMIT_MS) {
      console("error execution phase preflight: couldn't validate the identity of the API Server");
      return undefined;
    }
    await clock.sleep(JOIN_RETRY_MS, signal);
  }
  const loopbackPort = network.resolve(host, port)?.loopbackPort;
  const formed = clusters.all().find((c) => c.cluster.loopbackPort === loopbackPort);
  if (!formed || !caCertHashes.includes(formed.caHash)) {
    console(
      'error execution phase preflight: cluster CA found in cluster-info ConfigMap is invalid: none of the public keys is pinned',
    );
    return undefined;
  }
  const [id = '', secret = ''] = token.split('.');
  const stored = await formed.cluster.adminClient.find(
    resources.secrets,
    { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    signal,
  );
  const data = (stored as { data?: Record<string, string> } | undefined)?.data;
  if (Buffer.from(data?.['token-secret'] ?? '', 'base64').toString('utf8') !== secret) {
    console(
      `error execution phase preflight: could not find a JWS signature in the cluster-info ConfigMap for token ID "${id}"`,
    );
    return undefined;
  }
  return formed;
}
