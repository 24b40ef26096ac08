import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EtcdConnectionOptions } from '../../../etcd/index.ts';
import { startEtcdServer } from '../../etcd/index.ts';
import type { ClusterStorage, ControlPlaneRequest } from '../control-plane.ts';
import { startEtcdProcess, type EtcdEndpoint } from './etcd-process.ts';
import type { SupervisedProcess } from './supervised-process.ts';

/** The etcd of a cluster with a real API server. */
export interface ClusterEtcd {
  /** Loopback port at which the cluster's etcd answers, client certificates required. */
  readonly port: number;
  /** What the API server stores in, and what its keys begin with. */
  readonly endpoint: EtcdEndpoint;
  readonly prefix: string;
  readonly process: SupervisedProcess | undefined;
  close(): Promise<void>;
}

/**
 * A real etcd for the cluster: a process of its own, or its part of the one that the lab was given. There the API server adds the
 * prefix, and the cluster's own etcd endpoint takes it off again.
 */
export async function startClusterEtcd(options: {
  readonly program: string;
  readonly folder: string;
  readonly logFile: string;
  readonly request: ControlPlaneRequest;
}): Promise<ClusterEtcd> {
  const { request, folder } = options;
  const { name, etcdCertificates: certificates } = request;
  if (request.storage?.external)
    return await serveExternal({ ...request, folder, storage: request.storage, external: request.storage.external });
  const { process, port, endpoint } = await startEtcdProcess({ ...options, name, certificates });
  return { port, endpoint, prefix: '/registry', process, close: () => process.stop() };
}

async function serveExternal(
  options: ControlPlaneRequest & {
    readonly folder: string;
    readonly storage: ClusterStorage;
    readonly external: NonNullable<ClusterStorage['external']>;
  },
): Promise<ClusterEtcd> {
  const { name, etcdCertificates, storage, external, folder } = options;
  const endpoint = await writeEndpoint(external.connection, folder);
  const server = await startEtcdServer({
    store: storage.store,
    name,
    tls: {
      certificate: etcdCertificates.server.certificatePem,
      key: etcdCertificates.server.keyPem,
      clientCa: etcdCertificates.caPem,
    },
  });
  return {
    port: server.port,
    endpoint,
    prefix: `${external.prefix}/registry`,
    process: undefined,
    close: () => server.close(),
  };
}

async function writeEndpoint({ endpoints, tls }: EtcdConnectionOptions, folder: string): Promise<EtcdEndpoint> {
  const file = async (name: string, content: string | Uint8Array | undefined): Promise<string | undefined> => {
    if (content === undefined) return undefined;
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const scheme = tls ? 'https' : 'http';
  return {
    urls: endpoints.map((endpoint) => (endpoint.includes('://') ? endpoint : `${scheme}://${endpoint}`)),
    caFile: await file('etcd-ca.crt', tls?.ca),
    certificateFile: await file('etcd-client.crt', tls?.certificate),
    keyFile: await file('etcd-client.key', tls?.key),
  };
}
