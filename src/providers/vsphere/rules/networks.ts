import { fieldAt } from '../../../kube/index.ts';
import type { ManifestRule, PlacedObject, RuleHit } from '../../rule.ts';
import { listAt, shown } from '../../shared/reading.ts';
import { slotFaults } from '../../shared/slot-network.ts';

const devicesPath = ['spec', 'template', 'spec', 'network', 'devices'];

const namesOf = (entries: readonly unknown[]): string =>
  entries.map((entry) => String(fieldAt(entry, 'networkName'))).join(', ');

/** Address and gateway of the first NIC of a slot. */
function* gatewayHits(at: PlacedObject, index: number, slot: unknown): Generator<RuleHit> {
  const primary = fieldAt(slot, 'network', 'primary');
  const [ip, prefix] = String(fieldAt(primary, 'ip')).split('/');
  for (const { key, message, expected } of slotFaults({
    ip,
    prefix: Number(prefix),
    gateway: fieldAt(primary, 'gateway'),
  }))
    yield {
      at,
      path: ['spec', 'configs', index, 'network', 'primary', key],
      message,
      expected,
      found: shown(fieldAt(primary, key)),
    };
}

export const networksRule: ManifestRule = {
  code: 'MANIFEST_NETWORK',
  severity: 'error',
  what: "The template's devices are the NICs of every slot of its pool, in the same order; addresses carry a prefix.",
  why: 'The provider maps them by position: a difference puts an address on the wrong network.',
  guide: 'Step 4',
  example: {
    bad: `kind: VSphereMachineTemplate
metadata:
  name: global-master-machine-template
spec:
  template:
    spec:
      network:
        devices:
          - networkName: pg-other # the pool has pg-global
`,
    good: `kind: VSphereMachineTemplate
metadata:
  name: global-master-machine-template
spec:
  template:
    spec:
      network:
        devices:
          - networkName: pg-global
`,
  },
  *check({ sources }) {
    for (const { template, pool } of sources) {
      if (!template || !pool) continue;
      const devices = namesOf(listAt(template.object, devicesPath));
      for (const [index, slot] of listAt(pool.object, ['spec', 'configs']).entries()) {
        const path = ['spec', 'configs', index, 'network'];
        const nics = namesOf([fieldAt(slot, 'network', 'primary'), ...listAt(slot, ['network', 'additional'])]);
        if (nics !== devices)
          yield {
            at: pool,
            path,
            message: `the NICs of slot ${String(index)} are not those of template ${String(template.object.metadata.name)}`,
            expected: devices,
            found: nics,
          };
        const ip = fieldAt(slot, 'network', 'primary', 'ip');
        if (typeof ip === 'string' && !/^[^/]+\/\d{1,2}$/.test(ip))
          yield {
            at: pool,
            path: [...path, 'primary', 'ip'],
            message: `${ip} has no prefix length`,
            expected: `${ip}/24 or the like`,
            found: ip,
          };
        else yield* gatewayHits(pool, index, slot);
      }
    }
  },
};
