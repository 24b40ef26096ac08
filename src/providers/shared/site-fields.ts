import { z } from 'zod';

/** `a-z`, digits and dashes, first and last a letter or digit, at most 63: names of Secrets and templates. */
export const resourceName = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes, 1 to 63 characters');

export const gigabytes = z.int().min(1);

export const mountPath = z.string().regex(/^\/.+/, 'an absolute path');

/** One more entry for the import ConfigMap `dcs-import-extra-resources` (guide step 7), in the guide's own words. */
const importEntry = z.strictObject({
  resource: z.string().min(1).meta({ description: 'Qualified resource name, e.g. secrets or dcsclusters.infrastructure.cluster.x-k8s.io.' }),
  names: z.array(z.string().min(1)).min(1).optional().meta({ description: 'Only these names; all of the kind when absent.' }),
  etcdKeyBase: z
    .string()
    .regex(/^\/registry\/.+\/$/, 'an etcd key prefix /registry/.../ with a slash at its end')
    .optional()
    .meta({ description: 'Key prefix in etcd; needed with method etcdctl.' }),
  method: z.enum(['kubectl', 'etcdctl']).meta({ description: 'How the installer carries the objects over.' }),
});

export type ImportEntry = z.infer<typeof importEntry>;

export const extraImports = z
  .array(importEntry)
  .default([])
  .meta({ description: 'Further resources that the installer imports into the new cluster (ConfigMap dcs-import-extra-resources).' });
