import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readManifest, sourceOf } from '../../manifests/index.ts';
import type { FieldPath, PlacedObject, RuleFix } from '../../providers/index.ts';
import { FixPlanner } from './plan.ts';
import { applyEdits } from './text-edit.ts';

const named = (objects: readonly PlacedObject[], kind: string): PlacedObject => {
  const found = objects.find(({ object }) => object.kind === kind);
  if (!found) throw new TypeError(`there is no ${kind}`);
  return found;
};

/** The text after the fixes that `make` gives for its objects; undefined when they cannot be made. */
function fixed(text: string, make: (objects: readonly PlacedObject[]) => readonly RuleFix[]): string | undefined {
  const objects = readManifest('m.yaml', text);
  const finding = { code: 'LINT_SCHEMA', severity: 'error', path: '', message: '', fixes: make(objects) } as const;
  const plan = new FixPlanner([objects]).plan(finding);
  const source = objects[0] && sourceOf(objects[0]);
  if (!plan || !source) return undefined;
  return applyEdits(source.text.text, plan.edits.get(source.text) ?? []);
}

const widget = (spec: string): string => `apiVersion: v1\nkind: Widget\nmetadata:\n  name: a\n${spec}`;
const set = (spec: string, path: FieldPath, value: unknown, quote = false): string | undefined =>
  fixed(widget(spec), ([at]) => (at ? [{ change: 'set', at, path, value, quote }] : []))?.slice(widget('').length);
const remove = (spec: string, path: FieldPath): string | undefined =>
  fixed(widget(spec), ([at]) => (at ? [{ change: 'remove', at, path }] : []))?.slice(widget('').length);

describe('setting a value', () => {
  it.each<[string, string, FieldPath, unknown, string]>([
    [
      'keeps a comment behind it',
      'spec: # s\n  a: x # why\n  b: 1\n',
      ['spec', 'a'],
      'ok',
      'spec: # s\n  a: ok # why\n  b: 1\n',
    ],
    ['keeps single quotes', "spec: {a: 'x', b: 1}\n", ['spec', 'a'], "it's", "spec: {a: 'it''s', b: 1}\n"],
    ['keeps double quotes', 'spec: {"a": "x"}\n', ['spec', 'a'], 'ok', 'spec: {"a": "ok"}\n'],
    ['quotes what would be read as another type', 'spec:\n  a: x\n', ['spec', 'a'], 'true', 'spec:\n  a: "true"\n'],
    ['fills an empty value', 'spec:\n  a:\n  b: 1\n', ['spec', 'a'], 'ok', 'spec:\n  a: ok\n  b: 1\n'],
    [
      'adds a key at the end of a block',
      'spec:\n  a: 1 # one\n\n# next\nother: 2\n',
      ['spec', 'b'],
      'ok',
      'spec:\n  a: 1 # one\n  b: ok\n\n# next\nother: 2\n',
    ],
    [
      'adds a key behind a nested block',
      'spec:\n  a:\n    - 1\n    - 2\nother: 2\n',
      ['spec', 'b'],
      true,
      'spec:\n  a:\n    - 1\n    - 2\n  b: true\nother: 2\n',
    ],
    [
      'adds a key behind a text of several lines',
      'spec:\n  a: |\n    one\n    two\nother: 2\n',
      ['spec', 'b'],
      1,
      'spec:\n  a: |\n    one\n    two\n  b: 1\nother: 2\n',
    ],
    ['adds a key to braces', 'spec: {a: 1}\n', ['spec', 'b'], 'ok', 'spec: {a: 1, b: ok}\n'],
    ['adds a key to empty braces', 'spec: {}\n', ['spec', 'b'], 'ok', 'spec: {b: ok}\n'],
    [
      'adds a line to braces of several lines',
      'spec: {\n  "a": 1\n}\n',
      ['spec', 'b'],
      'ok',
      'spec: {\n  "a": 1,\n  "b": "ok"\n}\n',
    ],
    [
      'adds the parents that are missing',
      'spec:\n  a: 1\n',
      ['spec', 'x', 'y.z/w'],
      'true',
      'spec:\n  a: 1\n  x:\n    y.z/w: "true"\n',
    ],
    [
      'adds the first entry of an empty block',
      'spec: # none yet\nother: 1\n',
      ['spec', 'b'],
      'ok',
      'spec: # none yet\n  b: ok\nother: 1\n',
    ],
    [
      'adds a key to an item of a list',
      'spec:\n- a: 1\n- a: 2\n',
      ['spec', 0, 'b'],
      3,
      'spec:\n- a: 1\n  b: 3\n- a: 2\n',
    ],
    ['adds at the end of a text without a last line end', 'spec:\n  a: 1', ['spec', 'b'], 2, 'spec:\n  a: 1\n  b: 2'],
  ])('%s', (_what, spec, path, value, expected) => {
    expect(set(spec, path, value)).toBe(expected);
  });

  it('quotes a word when it is told to', () => {
    expect(set('spec:\n  a: NODE_IP\n', ['spec', 'a'], 'NODE_IP', true)).toBe('spec:\n  a: "NODE_IP"\n');
    expect(set('spec:\n  b: 1\n', ['spec', 'a'], 'NODE_IP', true)).toBe('spec:\n  b: 1\n  a: "NODE_IP"\n');
  });

  it('keeps the line ends of Windows', () => {
    expect(set('spec:\r\n  a: 1\r\n', ['spec', 'b'], 2)).toBe('spec:\r\n  a: 1\r\n  b: 2\r\n');
  });

  it('does not write through an alias into what others share', () => {
    expect(set('base: &b {x: 1}\nspec: *b\n', ['spec', 'x'], 2)).toBeUndefined();
    expect(set('base: &b {x: 1}\nspec: {<<: *b, y: 1}\n', ['spec', 'x'], 2)).toBe(
      'base: &b {x: 1}\nspec: {<<: *b, y: 1, x: 2}\n',
    );
  });

  it('gives back exactly the value that was set, and changes nothing else, whatever stands there', () => {
    const key = fc.stringMatching(/^k[a-z0-9./-]{0,8}$/);
    const scalar = fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.boolean());
    const styles = [
      (object: object) => `spec: ${JSON.stringify(object)}\n`,
      (object: object) => `spec: ${JSON.stringify(object, undefined, 2)}\n`,
      (object: object) =>
        `spec:\n${Object.entries(object)
          .map(([name, value]) => `  ${name}: ${JSON.stringify(value)} # c\n`)
          .join('')}`,
    ];
    fc.assert(
      fc.property(
        fc.dictionary(key, scalar, { minKeys: 1, maxKeys: 4 }),
        key,
        scalar,
        fc.constantFrom(...styles),
        (object, name, value, style) => {
          const text = widget(style(object));
          const after = fixed(text, ([at]) => (at ? [{ change: 'set', at, path: ['spec', name], value }] : [])) ?? '';
          expect(readManifest('m.yaml', after)[0]?.object['spec']).toEqual({ ...object, [name]: value });
        },
      ),
    );
  });
});

describe('removing a value', () => {
  it.each<[string, string, FieldPath, string]>([
    ['takes its line and comment', 'spec:\n  a: 1 # one\n  b: 2\n', ['spec', 'a'], 'spec:\n  b: 2\n'],
    ['takes all of a block', 'spec:\n  a:\n    x: 1\n    y: 2\n  b: 2\n', ['spec', 'a'], 'spec:\n  b: 2\n'],
    [
      'leaves an empty block where it was the only one',
      'spec:\n  a: 1\nother: 2\n',
      ['spec', 'a'],
      'spec:\n  {}\nother: 2\n',
    ],
    ['takes the first key of an item', 'spec:\n- a: 1\n  b: 2\n', ['spec', 0, 'a'], 'spec:\n- b: 2\n'],
    ['takes an item', 'spec:\n- a: 1\n  b: 2\n- c\n', ['spec', 0], 'spec:\n- c\n'],
    ['takes an entry and its comma', 'spec: {a: 1, b: 2, c: 3}\n', ['spec', 'b'], 'spec: {a: 1, c: 3}\n'],
    ['takes the last entry and the comma before it', 'spec: [1, 2]\n', ['spec', 1], 'spec: [1]\n'],
  ])('%s', (_what, spec, path, expected) => {
    expect(remove(spec, path)).toBe(expected);
  });
});

describe('renaming an object', () => {
  const manifest = `apiVersion: cluster.x-k8s.io/v1beta1
kind: Cluster
metadata: {name: global, namespace: n} # the root
spec:
  controlPlaneRef: {kind: KubeadmControlPlane, name: kcp}
---
apiVersion: controlplane.cluster.x-k8s.io/v1beta1
kind: KubeadmControlPlane
metadata:
  name: "kcp"
  namespace: n
spec: {machineTemplate: {infrastructureRef: {kind: DCSMachineTemplate, name: kcp}}}
---
apiVersion: infrastructure.cluster.x-k8s.io/v1beta1
kind: DCSMachineTemplate
metadata: {name: kcp, namespace: n}
---
apiVersion: cluster.x-k8s.io/v1beta1
kind: MachineDeployment
metadata: {name: w, namespace: n, labels: {cluster.x-k8s.io/cluster-name: global}}
spec: {clusterName: global, template: {metadata: {labels: {cluster.x-k8s.io/cluster-name: global}}}}
`;

  it('takes along the references to it, and leaves those to another object of the name', () => {
    const after = fixed(manifest, (objects) => [
      { change: 'rename', at: named(objects, 'KubeadmControlPlane'), to: 'global-kcp' },
    ]);
    expect(after).toBe(
      manifest
        .replace('KubeadmControlPlane, name: kcp', 'KubeadmControlPlane, name: global-kcp')
        .replace('"kcp"', '"global-kcp"'),
    );
  });

  it('of a cluster takes along the machines that name it', () => {
    const after = fixed(manifest, (objects) => [{ change: 'rename', at: named(objects, 'Cluster'), to: 'other' }]);
    expect(after?.match(/\bother\b/g)).toHaveLength(4);
    expect(after).not.toContain(': global');
  });

  it('is refused when the name is taken', () => {
    const twice = `${manifest}---\napiVersion: infrastructure.cluster.x-k8s.io/v1beta1\nkind: DCSMachineTemplate\nmetadata: {name: t, namespace: n}\n`;
    expect(
      fixed(twice, (objects) => [{ change: 'rename', at: named(objects, 'DCSMachineTemplate'), to: 't' }]),
    ).toBeUndefined();
  });

  it('changes the anchor and leaves the aliases that follow it', () => {
    const anchored = `apiVersion: v1
kind: List
items:
- apiVersion: infrastructure.cluster.x-k8s.io/v1beta1
  kind: DCSIpHostnamePool
  metadata: {name: &pool pool-1}
- apiVersion: infrastructure.cluster.x-k8s.io/v1beta1
  kind: DCSMachineTemplate
  metadata: {name: t}
  spec: {template: {spec: {ipHostPoolRef: {name: *pool}}}}
`;
    expect(
      fixed(anchored, (objects) => [{ change: 'rename', at: named(objects, 'DCSIpHostnamePool'), to: 'global-pool' }]),
    ).toBe(anchored.replace('pool-1', 'global-pool'));
  });

  it('reaches the import list, which is a text inside a ConfigMap', () => {
    const list = `apiVersion: v1
kind: Secret
metadata: {name: mine, namespace: cpaas-system}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: dcs-import-extra-resources, namespace: cpaas-system}
data:
  resources.yaml: |
    resources:
      # mine
      - resource: "secrets"
        names: ["mine"]
        method: kubectl
      - {resource: secrets, names: [other]}
`;
    expect(fixed(list, (objects) => [{ change: 'rename', at: named(objects, 'Secret'), to: 'global-mine' }])).toBe(
      list.replace('name: mine', 'name: global-mine').replace('["mine"]', '["global-mine"]'),
    );
  });
});
