import { z } from 'zod';
import type { KubeObject, Resource } from '../../kube/index.ts';

/** The last entry of an archive. */
export const MANIFEST = 'manifest.json';

const entrySchema = z.strictObject({
  path: z.string(),
  sizeBytes: z.number().int().nonnegative(),
  /** Of the entry's bytes, in hexadecimal. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  uid: z.string(),
});

const manifestSchema = z.strictObject({
  format: z.literal('globalctl-backup/1'),
  createdAt: z.string(),
  /** Address of the API server that was read. */
  server: z.string(),
  objects: z.array(entrySchema),
});

export type BackupEntry = z.infer<typeof entrySchema>;
export type BackupManifest = z.infer<typeof manifestSchema>;

/** undefined for anything else than a manifest. */
export function parseManifest(text: string): BackupManifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** `objects/machines.cluster.x-k8s.io/cpaas-system/global-kcp-x7.json`; `_` in place of a namespace for objects of the cluster. */
export function pathOf({ plural, group }: Resource, { metadata }: KubeObject): string {
  const resource = group === '' ? plural : `${plural}.${group}`;
  return `objects/${resource}/${metadata.namespace ?? '_'}/${metadata.name ?? ''}.json`;
}
