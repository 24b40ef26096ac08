import { expect } from 'vitest';
import type { Json } from '../api-connection.ts';
import { at, expectFailure, textAt, type ContractCase, type World } from '../contract-case.ts';
import { version } from '../definition-refusals.ts';
import { establish } from '../widget-definition.ts';

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const schema = (spec: Json): Json => ({ openAPIV3Schema: { type: 'object', properties: { spec } } });
/** v1 keeps everything; v2 knows `a` and has a default for `n`. */
const both = (stored: 'v1' | 'v2'): Json[] => [
  version({
    storage: stored === 'v1',
    schema: schema({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  }),
  version({
    name: 'v2',
    storage: stored === 'v2',
    schema: schema({ type: 'object', properties: { a: { type: 'string' }, n: { type: 'integer', default: 3 } } }),
  }),
];

interface Kind {
  readonly group: string;
  readonly path: string;
  readonly crd: string;
}

/** A kind of two versions that stores in v1. */
async function twoVersions(w: World): Promise<Kind> {
  const group = `${w.name('versions')}.${w.group}`;
  await establish(w, {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `vs.${group}` },
    spec: { group, scope: 'Cluster', names: { plural: 'vs', kind: 'V' }, versions: both('v1') },
  });
  return { group, path: `/apis/${group}`, crd: `${definitions}/vs.${group}` };
}

const object = ({ group }: Kind, apiVersion: string, name: string, spec: Json): Json => ({
  apiVersion: `${group}/${apiVersion}`,
  kind: 'V',
  metadata: { name },
  spec,
});

/** Stores in v2 from now on; returns when the server does so, which it shows by the default of v2 in a new object of v1. */
async function storeInV2(w: World, kind: Kind): Promise<Json> {
  const answer = await w.merge(kind.crd, { spec: { versions: both('v2') } });
  expect(answer.code).toBe(200);
  const deadline = Date.now() + 10_000;
  for (let i = 0; ; i++) {
    // While the handlers of the changed definition take over, the old ones may refuse with 503.
    const made = await w.api.call('POST', `${kind.path}/v1/vs`, object(kind, 'v1', `probe-${String(i)}`, {}));
    if (at(made.body, 'spec', 'n') === 3) return answer.body;
    if (Date.now() > deadline) throw new Error('the server does not store in v2');
  }
}

export const conversions: readonly ContractCase[] = [
  {
    title: 'an object is read in another version with its apiVersion, without what that version does not know',
    run: async (w) => {
      const kind = await twoVersions(w);
      await w.given(`${kind.path}/v1/vs`, object(kind, 'v1', 'a', { a: 'x', b: 'y' }));
      const read = await w.get(`${kind.path}/v2/vs/a`);
      expect(read).toMatchObject({ apiVersion: `${kind.group}/v2`, kind: 'V' });
      expect(read['spec']).toEqual({ a: 'x' });
      expect((await w.get(`${kind.path}/v1/vs/a`))['spec']).toEqual({ a: 'x', b: 'y' });
      const list = await w.get(`${kind.path}/v2/vs`);
      expect(list).toMatchObject({ apiVersion: `${kind.group}/v2`, items: [{ spec: { a: 'x' } }] });
      await w.api.call('DELETE', kind.crd);
    },
  },
  {
    title: 'an object that is written in one version and stored in another has what the stored version knows',
    run: async (w) => {
      const kind = await twoVersions(w);
      await storeInV2(w, kind);
      const made = await w.given(`${kind.path}/v1/vs`, object(kind, 'v1', 'b', { z: 5, a: 'x' }));
      expect(made).toMatchObject({ apiVersion: `${kind.group}/v1` });
      expect(made['spec']).toEqual({ a: 'x', n: 3 });
      expect((await w.get(`${kind.path}/v1/vs/b`))['spec']).toEqual({ a: 'x', n: 3 });
      await w.api.call('DELETE', kind.crd);
    },
  },
  {
    title: 'a version stays in storedVersions, and in the definition, until the status says that it is gone',
    run: async (w) => {
      const kind = await twoVersions(w);
      const changed = await storeInV2(w, kind);
      expect(at(changed, 'status', 'storedVersions')).toEqual(['v1', 'v2']);
      const only = { spec: { versions: both('v2').slice(1) } };
      const refused = await w.merge(kind.crd, only);
      expectFailure(refused, 422, 'Invalid');
      expect(textAt(refused.body, 'message')).toContain(
        'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
      );
      const migrated = await w.merge(`${kind.crd}/status`, { status: { storedVersions: ['v2'] } });
      expect(at(migrated.body, 'status', 'storedVersions')).toEqual(['v2']);
      expect((await w.merge(kind.crd, only)).code).toBe(200);
      await w.api.call('DELETE', kind.crd);
    },
  },
  {
    title: 'what an object is called and where it lives cannot change once its definition is established',
    run: async (w) => {
      const kind = await twoVersions(w);
      for (const [change, field, value] of [
        [{ names: { kind: 'W', listKind: 'WList' } }, 'spec.names.kind', '"W"'],
        [{ scope: 'Namespaced' }, 'spec.scope', '"Namespaced"'],
      ] as const) {
        const answer = await w.merge(kind.crd, { spec: change });
        expectFailure(answer, 422, 'Invalid');
        expect(textAt(answer.body, 'message')).toContain(`${field}: Invalid value: ${value}: field is immutable`);
      }
      await w.api.call('DELETE', kind.crd);
    },
  },
];
