import { isRecord, shown, type FieldPath, type ObjectsRule, type PlacedObject } from '../../providers/index.ts';

const templateKind = /^(.+MachineTemplate|KubeadmConfigTemplate)$/;

interface Difference {
  readonly path: FieldPath;
  readonly wanted: unknown;
  readonly live: unknown;
}

/**
 * Fields of `wanted` that `live` has otherwise. What only `live` has may be a default of the API server; a list of another
 * length, or a key that only `wanted` has, is a change.
 */
function* differences(wanted: unknown, live: unknown, path: FieldPath): Generator<Difference> {
  if (Array.isArray(wanted) && Array.isArray(live) && wanted.length === live.length)
    for (const [index, item] of wanted.entries()) yield* differences(item, live[index], [...path, index]);
  else if (isRecord(wanted) && isRecord(live))
    for (const [key, value] of Object.entries(wanted)) yield* differences(value, live[key], [...path, key]);
  else if (!same(wanted, live)) yield { path, wanted, live };
}

/** An empty value and none are the same to the API server. */
function same(wanted: unknown, live: unknown): boolean {
  if (wanted === null || wanted === undefined) return live === null || live === undefined;
  if (live === undefined && isRecord(wanted)) return Object.keys(wanted).length === 0;
  return JSON.stringify(wanted) === JSON.stringify(live);
}

function nameOf({ object }: PlacedObject): string {
  return [object.kind, object.metadata.namespace, object.metadata.name].join('/');
}

export const immutableTemplate: ObjectsRule = {
  code: 'MANIFEST_TEMPLATE_IMMUTABLE',
  severity: 'error',
  what: 'A machine template or KubeadmConfigTemplate that a cluster has is not edited; a change is a new template with a new name.',
  why: 'Seen when it is applied: the webhook answers "field is immutable"; where none does, machines of one set are no longer alike.',
  guide: 'Step 4; pages of the providers',
  example: {
    bad: `kind: DCSMachineTemplate
metadata:
  name: global-master-template # the cluster has it with 8 cores
spec:
  template:
    spec:
      vmConfig:
        dcsMachineCpuSpec:
          quantity: 16
`,
    good: `kind: DCSMachineTemplate
metadata:
  name: global-master-template
spec:
  template:
    spec:
      vmConfig:
        dcsMachineCpuSpec:
          quantity: 8
`,
  },
  needsProvider: false,
  appliesTo: 'every',
  *check({ objects, live }) {
    if (!live) return;
    const known = new Map(live.map((placed) => [nameOf(placed), placed]));
    for (const at of objects) {
      if (!templateKind.test(at.object.kind) || at.origin === 'live') continue;
      const before = known.get(nameOf(at));
      if (!before) continue;
      for (const { path, wanted, live: found } of differences(at.object['spec'], before.object['spec'], ['spec']))
        yield {
          at,
          path,
          message: `the cluster has this template with ${shown(found)}`,
          expected: shown(found),
          found: shown(wanted),
          hint: `Add a template with a new name, e.g. ${String(at.object.metadata.name)}-2, and let the machines refer to it.`,
        };
    }
  },
};
