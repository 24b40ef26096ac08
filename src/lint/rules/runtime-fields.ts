import { fieldAt } from '../../kube/index.ts';
import { slip, shown, type ManifestRule, type PlacedObject, type RuleHit } from '../../providers/index.ts';

export const runtimeFields: ManifestRule = {
  code: 'MANIFEST_RUNTIME_FIELD',
  severity: 'error',
  what: 'Machine templates hold no field that only a controller sets, and no object what it had in another cluster.',
  why: 'Every machine made from the template would claim the same VM; an object that names an owner of another cluster is deleted soon after it was made.',
  guide: 'Step 4',
  fix: 'Removes what an object had in another cluster.',
  example: slip(
    `kind: DCSMachineTemplate
metadata:
  name: global-master-template
spec:
  template:
    spec: {}
`,
    'spec: {}',
    `spec:
      providerID: dcs://global-cp-1`,
  ),
  *check({ provider, objects, ofKind }) {
    for (const at of ofKind(provider.kinds.machineTemplate.kind))
      for (const field of provider.shape.runtimeFields) {
        const path = ['spec', 'template', 'spec', field];
        const found = fieldAt(at.object, ...path);
        if (found === undefined) continue;
        yield { at, path, message: `${field} is set by the provider`, expected: 'no such field', found: shown(found) };
      }
    for (const at of objects) if (at.origin !== 'live') yield* storedHits(at);
  },
};

/** What only an object has that was read out of a cluster; it would be refused or deleted in another. */
const stored = ['uid', 'resourceVersion', 'ownerReferences', 'deletionTimestamp'];

function* storedHits(at: PlacedObject): Generator<RuleHit> {
  for (const field of stored) {
    const path = ['metadata', field];
    const found = fieldAt(at.object, ...path);
    if (found === undefined || found === null) continue;
    yield {
      at,
      path,
      message: `${field} is that of an object in another cluster`,
      expected: 'no such field',
      found: shown(found),
      hint: 'Remove it: kubectl apply is refused, or the object is collected as garbage for want of its owner.',
      fixes: [{ change: 'remove', at, path }],
    };
  }
  for (const path of [
    ['spec', 'paused'],
    ['metadata', 'annotations', 'cluster.x-k8s.io/paused'],
  ]) {
    const found = fieldAt(at.object, ...path);
    if (found === undefined || found === false) continue;
    yield {
      at,
      path,
      severity: 'warning',
      message: `${at.object.kind} is paused: no controller will look at it`,
      expected: 'no such field',
      found: shown(found),
    };
  }
}
