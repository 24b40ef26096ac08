import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  listAt,
  recordAt,
  shown,
  type ManifestRule,
  type MachineSource,
  type ManifestView,
} from '../../providers/index.ts';

function hasPersistentDisks({ provider }: ManifestView, source: MachineSource): boolean {
  return listAt(source.pool?.object, provider.shape.slots).some(
    (slot) => listAt(slot, [provider.shape.slotDisks]).length > 0,
  );
}

const isZero = (value: unknown): boolean => value === 0 || value === '0' || value === '0%';

export const surge: ManifestRule = {
  code: 'MANIFEST_SURGE',
  severity: 'error',
  what: 'With persistent disks maxSurge is 0; with surge 0, maxUnavailable is from 1 to replicas.',
  why: 'A surplus machine would need a disk that its predecessor still holds; with neither surge nor absence nothing can be replaced.',
  guide: 'Step 4',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  rolloutStrategy:
    rollingUpdate:
      maxSurge: 0
`,
    'maxSurge: 0',
    'maxSurge: 1 # the new machine would need a disk that the old one holds',
  ),
  *check(view) {
    for (const source of view.sources) {
      const { owner: at, role, replicas } = source;
      const strategy = role === 'worker' ? ['spec', 'strategy'] : ['spec', 'rolloutStrategy'];
      const alone = role === 'controlPlane' && replicas === 1;
      if (alone && fieldAt(at.object, ...strategy) === undefined) continue;
      const path = [...strategy, 'rollingUpdate', 'maxSurge'];
      const found = fieldAt(at.object, ...path);
      if (alone) {
        yield {
          at,
          path: strategy,
          message: 'a single control plane node cannot be replaced one by one: it has no rollout strategy',
          expected: 'no rolloutStrategy',
          found: shown(fieldAt(at.object, ...strategy)),
          hint: 'Use 3 replicas, or remove rolloutStrategy.',
        };
        continue;
      }
      if (!isZero(found) && hasPersistentDisks(view, source))
        yield {
          at,
          path,
          message: `maxSurge is ${found === undefined ? 'not set, which means 1' : shown(found)} although the pool declares persistent disks`,
          expected: '0',
          found: shown(found),
        };
      if (role === 'worker' && isZero(found)) {
        const { maxUnavailable } = recordAt(at.object, [...strategy, 'rollingUpdate']);
        // Cluster API's default of 1 applies where the field is absent.
        const allowed = maxUnavailable === undefined || isPositive(maxUnavailable, replicas ?? 1);
        if (!allowed)
          yield {
            at,
            path: [...strategy, 'rollingUpdate', 'maxUnavailable'],
            message: `with maxSurge 0, maxUnavailable ${shown(maxUnavailable)} lets nothing be replaced`,
            expected: `1 to ${String(replicas ?? 1)}`,
            found: shown(maxUnavailable),
          };
      }
    }
  },
};

function isPositive(value: unknown, replicas: number): boolean {
  if (typeof value === 'string') return /^[1-9]\d*%$/.test(value);
  return typeof value === 'number' && value >= 1 && value <= Math.max(1, replicas);
}
