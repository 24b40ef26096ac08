import { readFile } from 'node:fs/promises';
import { GlobalctlError } from '../../base/index.ts';
import { connectEtcd, type EtcdConnectionOptions } from '../../etcd/index.ts';

/** A real etcd that a lab is to store in. Paths are absolute: the lab's process has another working folder. */
export interface LabEtcd {
  /** URLs of its members, `http` or `https`. */
  readonly endpoints: readonly string[];
  /** PEM files; `caFile` is there exactly when the endpoints are `https`. */
  readonly caFile?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** How long the etcd may take to answer before a lab starts. */
const CHECK_LIMIT_MS = 5_000;

/** The connection to a lab's etcd. Throws FILE_UNREADABLE for a file that cannot be read. */
export async function etcdConnection(etcd: LabEtcd): Promise<EtcdConnectionOptions> {
  const { endpoints, caFile, certificateFile, keyFile } = etcd;
  const [ca, certificate, key] = await Promise.all([caFile, certificateFile, keyFile].map(readIfNamed));
  return { endpoints, ...(ca !== undefined && { tls: { ca, certificate, key } }) };
}

/** Throws, while somebody looks, what would otherwise end the lab's process: ETCD_UNREACHABLE, FILE_UNREADABLE. */
export async function checkEtcd(etcd: LabEtcd, timeoutMs = CHECK_LIMIT_MS): Promise<void> {
  const client = await connectEtcd({ ...(await etcdConnection(etcd)), timeoutMs });
  try {
    // A member that asks for a login takes the connection and refuses what comes over it.
    await client.range({ key: Buffer.from('/globalctl/'), countOnly: true });
  } finally {
    await client.close();
  }
}

async function readIfNamed(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new GlobalctlError('FILE_UNREADABLE', {
      message: `cannot read ${path}: ${(error as Error).message}`,
      subject: path,
      cause: error,
    });
  }
}
