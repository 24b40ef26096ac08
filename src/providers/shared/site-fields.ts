import { z } from 'zod';
import { count, nonEmpty, text } from '../../site/fields.ts';

/** Text of a form that only providers' blocks hold. */
export function pattern(form: RegExp, expected: string): z.ZodString {
  return text({ expected, pattern: form, accepts: (value) => form.test(value) });
}

/** Names of Secrets and templates (dcs.md §8.10). */
export function resourceName(): z.ZodString {
  return pattern(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    'lower-case letters, digits and hyphens, 1 to 63, e.g. global-secret',
  );
}

/** A size in GB or GiB, as the field's own name says. */
export function diskSize(): z.ZodInt {
  return count(1);
}

export function mountPath(): z.ZodString {
  return pattern(/^\/.+/, 'an absolute path, e.g. /var/cpaas');
}

/** One more entry for the import ConfigMap `dcs-import-extra-resources` (guide step 7), in the guide's own words. */
const importEntry = z.strictObject({
  resource: nonEmpty().meta({
    description: 'Qualified resource name, e.g. secrets or dcsclusters.infrastructure.cluster.x-k8s.io.',
  }),
  names: z.array(nonEmpty()).min(1).optional().meta({ description: 'Only these names; all of the kind when absent.' }),
  etcdKeyBase: pattern(
    /^\/registry\/.+\/$/,
    'an etcd key prefix with a slash at its end, e.g. /registry/secrets/cpaas-system/',
  )
    .optional()
    .meta({ description: 'Key prefix in etcd; needed with method etcdctl.' }),
  method: z.enum(['kubectl', 'etcdctl']).meta({ description: 'How the installer carries the objects over.' }),
});

/** An entry of the import list; its keys stand in the order of the guide. */
export type ImportEntry = z.infer<typeof importEntry>;

export function extraImports(): z.ZodDefault<z.ZodArray<typeof importEntry>> {
  return z.array(importEntry).default([]).meta({
    description:
      'Further resources that the installer imports into the new cluster (ConfigMap dcs-import-extra-resources).',
  });
}
