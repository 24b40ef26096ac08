import type { z } from 'zod';
import type { coreShape } from './core-schema.ts';
import type { siteApiVersion, siteKind, SiteParts } from './schema.ts';

type CoreOutput = { [K in keyof typeof coreShape]: z.output<(typeof coreShape)[K]> };

/** A node entry as every provider has it. */
export interface NodeBase {
  readonly hostname: string;
  readonly ip: string;
}

type Filled<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> };

/** The versions of a site after the version table has filled in what the file leaves out. */
export type SiteVersions = Filled<CoreOutput['versions'], 'platform' | 'coredns' | 'etcd' | 'kubeOvn' | 'corePackage'>;

export interface ControlPlane<Node extends NodeBase = NodeBase, Machine = unknown> {
  readonly replicas: number;
  readonly nodes: readonly Node[];
  readonly machine: Machine;
}

export interface WorkerPool<Node extends NodeBase = NodeBase, Machine = unknown> {
  readonly name: string;
  readonly replicas: number;
  readonly nodes: readonly Node[];
  readonly machine: Machine;
}

/** A site with every default filled in, as far as it is the same for all providers. `siteOf` gives the provider's view. */
export interface Site<Node extends NodeBase = NodeBase, ControlPlaneMachine = unknown, WorkerMachine = unknown> {
  readonly apiVersion: typeof siteApiVersion;
  readonly kind: typeof siteKind;
  readonly provider: string;
  readonly metadata: CoreOutput['metadata'];
  readonly bootstrap: Omit<CoreOutput['bootstrap'], 'registry'> & {
    readonly registry: Filled<CoreOutput['bootstrap']['registry'], 'nodeAddress'>;
  };
  readonly platform: Filled<CoreOutput['platform'], 'registryDomain'>;
  readonly versions: SiteVersions;
  readonly packages: Filled<CoreOutput['packages'], 'kubeadmProvider' | 'infrastructureProvider'>;
  readonly network: CoreOutput['network'];
  readonly controlPlane: ControlPlane<Node, ControlPlaneMachine>;
  readonly workers: readonly WorkerPool<Node, WorkerMachine>[];
  readonly ssh: CoreOutput['ssh'];
  readonly manifest: CoreOutput['manifest'];
  readonly access: CoreOutput['access'];
  readonly lint: CoreOutput['lint'];
  readonly dr?: CoreOutput['dr'];
}

/** The site as one provider sees it: its node fields, its machines, and its block under its own key. */
export type SiteOf<Parts extends SiteParts> = Site<
  NodeBase & Readonly<z.output<z.ZodObject<Parts['node']>>>,
  z.output<Parts['controlPlaneMachine']>,
  z.output<Parts['workerMachine']>
> & { readonly provider: Parts['id'] } & { readonly [K in Parts['id']]: z.output<Parts['block']> };

/** Narrows a loaded site to the provider that `parts` belong to; throws a TypeError for a site of another provider. */
export function siteOf<Parts extends SiteParts>(site: Site, parts: Parts): SiteOf<Parts> {
  if (site.provider !== parts.id) throw new TypeError(`a ${site.provider} site is not a ${parts.id} site`);
  // The composed schema of this provider has parsed the value, so the shape is known here and nowhere else.
  return site as SiteOf<Parts>;
}
