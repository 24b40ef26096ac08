import ipaddr from 'ipaddr.js';
import { fieldAt } from '../../../kube/index.ts';
import type { FieldPath, ManifestRule, PlacedObject, RuleHit } from '../../rule.ts';
import { isRecord, listAt, shown } from '../../shared/reading.ts';
import { furtherNicFaults, slotFaults, type SlotFault } from '../../shared/slot-network.ts';
import { slip } from '../../shared/rule-example.ts';

const devicesPath = ['spec', 'template', 'spec', 'network', 'devices'];

const namesOf = (entries: readonly unknown[]): string =>
  entries.map((entry) => String(fieldAt(entry, 'networkName'))).join(', ');

/** Address and gateway of the first NIC of a slot. */
function* gatewayHits(at: PlacedObject, index: number, slot: unknown): Generator<RuleHit> {
  const primary = fieldAt(slot, 'network', 'primary');
  const [ip, prefix] = String(fieldAt(primary, 'ip')).split('/');
  const path = ['spec', 'configs', index, 'network', 'primary'];
  for (const fault of slotFaults({ ip, prefix: Number(prefix), gateway: fieldAt(primary, 'gateway') }))
    yield nicHit({ at, path, nic: primary, fault });
}

/** The mask stands behind the address here. */
function nicHit({
  at,
  path,
  nic,
  fault,
}: {
  at: PlacedObject;
  path: FieldPath;
  nic: unknown;
  fault: SlotFault;
}): RuleHit {
  const ip = shown(fieldAt(nic, 'ip'));
  const { key, message, expected } = fault;
  if (key !== 'mask') return { at, path: [...path, key], message, expected, found: shown(fieldAt(nic, key)) };
  return {
    at,
    path: [...path, 'ip'],
    message: `${ip} has no prefix length from 0 to 32`,
    expected: `${String(ip.split('/')[0])}/24 or the like`,
    found: ip,
  };
}

/** Address, prefix and gateway of the further NICs of a slot; one without an address of its own gets IPv6. */
function* furtherNicHits(at: PlacedObject, index: number, slot: unknown): Generator<RuleHit> {
  for (const [position, nic] of listAt(slot, ['network', 'additional']).entries()) {
    const written = fieldAt(nic, 'ip');
    if (written === undefined || written === '') continue;
    const [ip, prefix] = shown(written).split('/');
    const path = ['spec', 'configs', index, 'network', 'additional', position];
    const faults = furtherNicFaults({
      ip,
      prefix: prefix === undefined ? undefined : Number(prefix),
      gateway: fieldAt(nic, 'gateway'),
    });
    for (const fault of faults) yield nicHit({ at, path, nic, fault });
  }
}

/** The page demands name servers for the first NIC: what it does not list, the guest does not get. */
function* serverHits(at: PlacedObject, index: number, slot: unknown): Generator<RuleHit> {
  const servers = listAt(slot, ['network', 'primary', 'dns']);
  if (servers.length > 0 && servers.every((server) => typeof server === 'string' && ipaddr.isValid(server))) return;
  yield {
    at,
    path: ['spec', 'configs', index, 'network', 'primary', 'dns'],
    message: servers.length === 0 ? 'no name server is given' : `${shown(servers)} are no addresses of name servers`,
    expected: 'a list of addresses such as [10.30.40.2]',
    found: shown(fieldAt(slot, 'network', 'primary', 'dns')),
  };
}

export const networksRule: ManifestRule = {
  code: 'MANIFEST_NETWORK',
  severity: 'error',
  what: "The template's devices are the NICs of every slot of its pool, in the same order; addresses carry a prefix.",
  why: 'The provider maps them by position: a difference puts an address on the wrong network.',
  guide: 'Step 4',
  example: slip(
    `kind: VSphereMachineTemplate
metadata:
  name: global-master-machine-template
spec:
  template:
    spec:
      network:
        devices:
          - networkName: pg-global
`,
    '- networkName: pg-global',
    '- networkName: pg-other # the pool has pg-global',
  ),
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
        yield* furtherNicHits(pool, index, slot);
        if (isRecord(fieldAt(slot, 'network', 'primary'))) yield* serverHits(pool, index, slot);
      }
    }
  },
};
