import { z } from 'zod';
import { parse, stringify } from 'yaml';
import { GlobalctlError } from '../base/index.ts';
import { errorToFinding, type Finding } from './finding.ts';
import { parseSite, type LoadedSite, type ParseOptions } from './load.ts';
import type { SiteParts } from './schema.ts';
import { secretReference } from './secret-reference.ts';

/** A provider that exists for the tests of this room alone. */
export const cloudParts = {
  id: 'cloud',
  block: z.strictObject({ endpoint: z.string(), password: secretReference() }),
  node: { zone: z.string().optional() },
  controlPlaneMachine: z.strictObject({ cpus: z.int().default(4) }),
  workerMachine: z.strictObject({ cpus: z.int().default(8) }),
} as const satisfies SiteParts;

export const siteText = `apiVersion: globalctl.dev/v1alpha1
kind: Site
metadata:
  name: test
provider: cloud
bootstrap:
  hostIP: 192.0.2.5
platform:
  host: platform.example.com
  admin:
    password: env:ADMIN_PASSWORD
versions:
  platform: v4.2.2
  kubernetes: v1.33.7-2
  kubeadmProvider: v1.0.0
  infrastructureProvider: v1.0.0
packages:
  core: /root/core.tar
network:
  controlPlaneVIP: 192.0.2.10
  nodes:
    cidr: 192.0.2.0/24
    gateway: 192.0.2.1
    dns: [192.0.2.2]
controlPlane:
  nodes:
    - { hostname: cp-1, ip: 192.0.2.11 }
    - { hostname: cp-2, ip: 192.0.2.12 }
    - { hostname: cp-3, ip: 192.0.2.13 }
workers:
  - name: md-0
    nodes:
      - { hostname: worker-1, ip: 192.0.2.21 }
ssh:
  authorizedKeys:
    - ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJqAeJq1JKaZulHwEZc+FbnNBuJegZm5i9DS74LzfQ58 demo
cloud:
  endpoint: https://cloud.example.com
  password: file:secrets/cloud
`;

/** The site of `siteText` from a text that was changed. */
export function load(text: string, options: Partial<ParseOptions> = {}): LoadedSite {
  return parseSite({ file: 'site.yaml', text, parts: [cloudParts], environment: {}, ...options });
}

/** `siteText` with one place replaced; fails when that place is not there. */
export function replaced(from: string, to: string): string {
  if (!siteText.includes(from)) throw new TypeError(`the site of the tests has no ${from}`);
  return siteText.replace(from, to);
}

/** The site of `siteText` with values merged in, for checks where places do not matter. */
export function loadWith(changes: Record<string, unknown>): LoadedSite {
  return load(stringify(merge(parse(siteText), changes)));
}

function merge(base: unknown, changes: unknown): unknown {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return changes;
  const start = typeof base === 'object' && base !== null && !Array.isArray(base) ? base : {};
  const result: Record<string, unknown> = { ...start };
  for (const [key, value] of Object.entries(changes)) result[key] = merge(result[key], value);
  return result;
}

/** What loading this text finds fault with; none when it loads. */
export function faultsOf(text: string): Finding[] {
  try {
    load(text);
    return [];
  } catch (error) {
    if (!(error instanceof GlobalctlError)) throw error;
    return (error.details.causes ?? [error]).map(errorToFinding);
  }
}
