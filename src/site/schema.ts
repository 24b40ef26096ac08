import { z } from 'zod';
import { coreShape } from './core-schema.ts';
import { count, dnsLabel, hostname, ipv4 } from './fields.ts';

/** What a provider contributes to the schema of a site. */
export interface SiteParts<
  Id extends string = string,
  Block extends z.ZodObject = z.ZodObject,
  Node extends z.ZodRawShape = z.ZodRawShape,
  ControlPlaneMachine extends z.ZodObject = z.ZodObject,
  WorkerMachine extends z.ZodObject = z.ZodObject,
> {
  /** The value of `provider`, and the key of the provider's own block. */
  readonly id: Id;
  /** The provider's own block: a z.strictObject. */
  readonly block: Block;
  /** Fields that this provider adds to every node entry, beside `hostname` and `ip`. */
  readonly node: Node;
  /** `controlPlane.machine`: a z.strictObject. May be left out in the file when every field has a default. */
  readonly controlPlaneMachine: ControlPlaneMachine;
  /** `workers[].machine`: a z.strictObject. */
  readonly workerMachine: WorkerMachine;
}

export const siteApiVersion = 'globalctl.dev/v1alpha1';
export const siteKind = 'Site';

const nodeShape = {
  hostname: hostname().meta({ description: 'Host name of the node and name of its Node object.' }),
  ip: ipv4().meta({ description: 'Address of the node, without prefix length.' }),
} as const;

const header = {
  apiVersion: z.literal(siteApiVersion).meta({ description: 'Version of this format.' }),
  kind: z.literal(siteKind).meta({ description: 'Kind of this file.' }),
} as const;

function providerSchema(parts: SiteParts): z.ZodObject {
  const node = z.strictObject({ ...nodeShape, ...parts.node });
  return z.strictObject({
    ...header,
    metadata: coreShape.metadata,
    provider: z.literal(parts.id).meta({ description: 'Infrastructure that the cluster is built on.' }),
    bootstrap: coreShape.bootstrap,
    platform: coreShape.platform,
    versions: coreShape.versions,
    packages: coreShape.packages,
    network: coreShape.network,
    controlPlane: z
      .strictObject({
        replicas: count()
          .default(3)
          .meta({ description: 'Number of control plane nodes; 3 is what the guide supports.' }),
        nodes: z
          .array(node)
          .min(1)
          .meta({ description: 'Slots that control plane machines take, at least `replicas` of them.' }),
        machine: parts.controlPlaneMachine
          .prefault({})
          .meta({ description: 'Size and disks of a control plane machine.' }),
      })
      .meta({ description: 'The control plane nodes.' }),
    workers: z
      .array(
        z.strictObject({
          name: dnsLabel().meta({ description: 'Name of the worker pool; objects are called global-<name>.' }),
          replicas: count(0)
            .optional()
            .meta({ description: 'Number of worker nodes.', derivedDefault: 'the number of `nodes`' }),
          nodes: z
            .array(node)
            .min(1)
            .meta({ description: 'Slots that machines of this pool take, at least `replicas` of them.' }),
          machine: parts.workerMachine.prefault({}).meta({ description: 'Size and disks of a worker machine.' }),
        }),
      )
      .default([])
      .meta({ description: 'Pools of worker nodes.' }),
    ssh: coreShape.ssh,
    [parts.id]: parts.block.meta({ description: 'What this provider alone needs.' }),
    manifest: coreShape.manifest,
    access: coreShape.access,
    lint: coreShape.lint,
    dr: coreShape.dr,
  });
}

/** Providers that the schema knows and that nothing is built for yet; a site that names one gets SITE_PROVIDER_PLANNED. */
export const plannedProviders = ['baremetal'] as const;

/** The schema of a site file for these providers, discriminated by `provider`. Planned providers parse loosely. */
export function composeSiteSchema(parts: readonly SiteParts[]): z.ZodDiscriminatedUnion {
  const planned = plannedProviders.map((id) => z.looseObject({ ...header, provider: z.literal(id) }));
  const [first, ...rest] = [...parts.map(providerSchema), ...planned];
  if (first === undefined) throw new TypeError('a site schema needs at least one provider');
  return z.discriminatedUnion('provider', [first, ...rest]);
}

/** One provider's schema, for its JSON Schema and its page of the reference. */
export function siteSchemaOf(parts: SiteParts): z.ZodObject {
  return providerSchema(parts);
}
