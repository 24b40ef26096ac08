import { gunzipSync, gzipSync } from 'node:zlib';
import { GlobalctlError } from '../../base/index.ts';
import { fieldAt, resources, textAt, type KubeClient, type KubeObject } from '../../kube/index.ts';
import { parseReleaseStatus, type ReleaseRef } from '../helm/index.ts';

/** One revision of a release as Helm has recorded it. */
export interface ReleaseRecord {
  /** Helm's revision number. */
  readonly revision: number;
  /** deployed, superseded, failed, pending-install, pending-upgrade, pending-rollback, uninstalling, uninstalled, unknown. */
  readonly status: string;
  /** The Secret of type `helm.sh/release.v1`: labels owner, name, status and version; `data.release` has the rest. */
  readonly secret: KubeObject;
}

/** Every revision that Helm still has of a release, the newest first. One request where asking Helm takes a process. */
export async function readReleaseHistory(
  client: KubeClient,
  { name, namespace }: ReleaseRef,
  signal?: AbortSignal,
): Promise<ReleaseRecord[]> {
  const { items } = await client.list(resources.secrets, {
    namespace,
    labelSelector: `owner=helm,name=${name}`,
    signal,
  });
  return items
    .map((secret) => ({
      revision: Number(secret.metadata.labels?.['version']),
      status: secret.metadata.labels?.['status'] ?? '',
      secret,
    }))
    .sort((a, b) => b.revision - a.revision);
}

/** Manifest and hooks of a revision. Throws COMMAND_FAILED when the record cannot be read. */
export function decodeRelease(record: ReleaseRecord): {
  readonly manifest: string;
  /** The events for which there are hooks: `pre-install`, `post-upgrade` ... */
  readonly hookEvents: readonly string[];
} {
  const content = contentOf(record);
  const hooks = fieldAt(content, 'hooks');
  return {
    manifest: parseReleaseStatus(JSON.stringify(content)).manifest,
    hookEvents: (Array.isArray(hooks) ? (hooks as unknown[]) : []).flatMap((hook) => {
      const events = fieldAt(hook, 'events');
      return Array.isArray(events) ? events.map(String) : [];
    }),
  };
}

/** The record's Secret with another status, or as that of another revision, in both places where Helm looks for it. */
export function rewriteRecord(
  record: ReleaseRecord,
  change: { readonly status: string; readonly description: string; readonly revision?: number },
): KubeObject {
  const { status, description, revision = record.revision } = change;
  const content = contentOf(record);
  const changed = { ...content, version: revision, info: { ...(content['info'] as object), status, description } };
  const packed = gzipSync(JSON.stringify(changed)).toString('base64');
  const { metadata, ...secret } = record.secret;
  return {
    ...secret,
    metadata: { ...metadata, labels: { ...metadata.labels, status, version: String(revision) } },
    data: { ...(secret['data'] as object), release: Buffer.from(packed).toString('base64') },
  };
}

/** What Helm keeps in a Secret: base64 of gzipped JSON, and base64 once more as every value of a Secret. */
function contentOf({ secret }: ReleaseRecord): Record<string, unknown> {
  const encoded = Buffer.from(textAt(secret, 'data', 'release') ?? '', 'base64').toString('latin1');
  try {
    return JSON.parse(gunzipSync(Buffer.from(encoded, 'base64')).toString('utf8')) as Record<string, unknown>;
  } catch (error) {
    const subject = `Secret ${secret.metadata.namespace ?? ''}/${secret.metadata.name ?? ''}`;
    throw new GlobalctlError('COMMAND_FAILED', {
      message: `${subject}: Helm's record of the release cannot be read`,
      subject,
      cause: error,
    });
  }
}
