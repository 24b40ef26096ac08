import { isIP } from 'node:net';
import { z } from 'zod';
import { GlobalctlError } from '../../base/index.ts';
import { connectEtcd } from '../../etcd/index.ts';
import type { LabSites } from '../datacentre/index.ts';
import type { ControlHandler } from './control-server.ts';
import type { LabLink } from './lab-status.ts';

const text = z.string().min(1);

const bootstrapRequest = z.object({
  root: z.string({ error: 'bootstrap needs the root folder of the host' }).min(1),
  site: text.exactOptional(),
  hostIP: text.exactOptional(),
  kubernetesVersion: text.exactOptional(),
  registryLogin: z.object({ username: z.string().min(1), password: z.string().min(1) }).exactOptional(),
  installerTls: z.boolean().optional(),
});
const retireRequest = z.object({ root: text.exactOptional(), site: text.exactOptional() });
/** null takes a name away. */
const namesRequest = z.record(
  z.string().min(1),
  z
    .string()
    .refine((ip) => isIP(ip) !== 0, 'no IP address')
    .nullable(),
);
const linkRequest = z.object({
  from: text.exactOptional(),
  to: text.exactOptional(),
  state: z.enum(['up', 'down', 'silent']).exactOptional(),
  latencyMs: z.number().min(0).exactOptional(),
  /** null: as fast as it comes. */
  bytesPerSecond: z.number().positive().nullable().exactOptional(),
  blockedPorts: z.array(z.number().int().min(1).max(65_535)).exactOptional(),
});
const clusterRequest = z.object({ cluster: text, site: text.exactOptional() });

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new GlobalctlError('USAGE', { message: issue?.message ?? 'invalid request', subject: issue?.path.join('.') });
}

/** What can be done to the sites of a lab and to what joins them. */
export function siteHandlers(sites: LabSites, onTraffic: () => void): Readonly<Record<string, ControlHandler>> {
  return {
    'POST /bootstrap': async (body) => {
      const { site, ...options } = parse(bootstrapRequest, body);
      await sites.bootstrap(options, site);
      onTraffic();
    },
    'POST /retire': async (body) => {
      const { root, site } = parse(retireRequest, body ?? {});
      const dataCentre = root === undefined ? sites.find(site) : sites.ofRoot(root, site);
      await dataCentre.bootstrapHost.retire();
    },
    'POST /names': (body) => {
      const { network } = sites.first;
      for (const [name, ip] of Object.entries(parse(namesRequest, body ?? {})))
        if (ip === null) network.removeName(name);
        else network.setName(name, ip);
      return Promise.resolve(Object.fromEntries(network.names));
    },
    'POST /link': (body) => {
      const { from, to, bytesPerSecond, ...condition } = parse(linkRequest, body);
      // A name that is none is told by `link`.
      const named = from === undefined || to === undefined ? undefined : sites.wideArea.link(from, to);
      const links = named ? [named] : sites.wideArea.links.filter((l) => from === undefined || l.from === from);
      for (const link of links)
        link.change({
          ...condition,
          ...(bytesPerSecond !== undefined && { bytesPerSecond: bytesPerSecond ?? undefined }),
        });
      return Promise.resolve(linksOf(sites));
    },
    'POST /power-off': async (body) => {
      const { cluster, site } = parse(clusterRequest, body);
      await sites.find(site).iaas.cutPower(sites.formedCluster(cluster, site));
    },
    'POST /power-on': async (body) => {
      const { cluster, site } = parse(clusterRequest, body);
      await sites.find(site).iaas.restorePower(sites.formedCluster(cluster, site));
    },
    'POST /compact': async (body) => {
      const { cluster, site } = parse(clusterRequest, body);
      const { etcd } = sites.formedCluster(cluster, site).cluster;
      const client = await connectEtcd({
        endpoints: [`127.0.0.1:${String(etcd.loopbackPort)}`],
        tls: { ca: etcd.caPem, certificate: etcd.client.certificatePem, key: etcd.client.keyPem },
      });
      try {
        const { revision } = await client.range({ key: Buffer.from('/'), countOnly: true });
        await client.compact(revision);
        return { revision };
      } finally {
        await client.close();
      }
    },
  };
}

/** How every link fares; undefined where there is one site. */
export function linksOf(sites: LabSites): LabLink[] | undefined {
  const { links } = sites.wideArea;
  return links.length === 0 ? undefined : links.map(({ from, to, condition }) => ({ from, to, ...condition }));
}
