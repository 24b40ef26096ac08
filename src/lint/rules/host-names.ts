import { slip, isDnsSubdomain, isRecord, listAt, shown, type ManifestRule } from '../../providers/index.ts';

export const hostNames: ManifestRule = {
  code: 'MANIFEST_HOSTNAME',
  severity: 'error',
  what: 'Host names of pool entries are DNS-1123 names of at most 253 characters.',
  why: 'They become the names of Node objects: the API server refuses the node, or the webhook the pool.',
  guide: 'Step 4',
  example: slip(
    `kind: HCSMachineConfigPool
metadata:
  name: global-worker-pool
spec:
  configs:
    - hostname: worker-1.example.org
    - hostname: global-worker-2
`,
    '- hostname: worker-1.example.org',
    '- hostname: Worker_1',
  ),
  siteChecksIt: true,
  *check({ provider, ofKind }) {
    for (const at of ofKind(provider.kinds.pool.kind))
      for (const [index, slot] of listAt(at.object, provider.shape.slots).entries()) {
        const name = isRecord(slot) ? slot['hostname'] : undefined;
        // DCS takes entries without a name of their own.
        if (name === undefined || (typeof name === 'string' && isDnsSubdomain(name))) continue;
        yield {
          at,
          path: [...provider.shape.slots, index, 'hostname'],
          message: `${shown(name)} is no host name`,
          expected: 'lower-case letters, digits, hyphens and dots, e.g. global-cp-1',
          found: shown(name),
        };
      }
  },
};
