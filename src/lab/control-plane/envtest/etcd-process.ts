import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectEtcd } from '../../../etcd/index.ts';
import type { EtcdCertificates } from '../control-plane.ts';
import { freePort } from './free-port.ts';
import { awaitReady, withFreePorts } from './server-start.ts';
import { startSupervised, type SupervisedProcess } from './supervised-process.ts';

const START_LIMIT_MS = 60_000;
const ANSWER_LIMIT_MS = 1_000;

/** PEM files that a client of an etcd needs, and the URL. */
export interface EtcdEndpoint {
  readonly urls: readonly string[];
  readonly caFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/**
 * Starts a real etcd of one member on loopback with client certificates. Its data and certificates go below `folder`.
 * `ready` resolves when it answers, and throws LAB_CONTROL_PLANE when it does not.
 */
export async function startEtcdProcess(options: {
  readonly program: string;
  readonly name: string;
  readonly folder: string;
  readonly logFile: string;
  readonly certificates: EtcdCertificates;
}): Promise<{ readonly process: SupervisedProcess; readonly port: number; readonly endpoint: EtcdEndpoint }> {
  const { folder, certificates } = options;
  const file = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  };
  const caFile = await file('etcd-ca.crt', certificates.caPem);
  const [serverCertificate, serverKey, certificateFile, keyFile] = await Promise.all([
    file('etcd-server.crt', certificates.server.certificatePem),
    file('etcd-server.key', certificates.server.keyPem),
    file('etcd-client.crt', certificates.client.certificatePem),
    file('etcd-client.key', certificates.client.keyPem),
  ]);
  return await withFreePorts(async () => {
    const [port, peerPort] = await Promise.all([freePort(), freePort()]);
    const url = `https://127.0.0.1:${String(port)}`;
    const peer = `http://127.0.0.1:${String(peerPort)}`;
    const process = await startSupervised({
      program: options.program,
      logFile: options.logFile,
      args: [
        `--name=${options.name}`,
        `--data-dir=${join(folder, 'etcd')}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=${options.name}=${peer}`,
        '--client-cert-auth',
        `--trusted-ca-file=${caFile}`,
        `--cert-file=${serverCertificate}`,
        `--key-file=${serverKey}`,
        // The data goes with the lab; no crash has to be survived.
        '--unsafe-no-fsync',
        '--logger=zap',
        '--log-level=warn',
      ],
    });
    try {
      await awaitReady({
        server: process,
        limitMs: START_LIMIT_MS,
        isReady: async () => {
          const client = await connectEtcd({
            endpoints: [url],
            timeoutMs: ANSWER_LIMIT_MS,
            tls: {
              ca: certificates.caPem,
              certificate: certificates.client.certificatePem,
              key: certificates.client.keyPem,
            },
          });
          await client.close();
          return true;
        },
      });
    } catch (error) {
      await process.stop();
      throw error;
    }
    return { process, port, endpoint: { urls: [url], caFile, certificateFile, keyFile } };
  });
}
