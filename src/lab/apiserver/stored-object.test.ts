import { describe, expect, it } from 'vitest';
import { encodeObject, ParsedObjects, StoredObject } from './stored-object.ts';

const object = {
  metadata: { name: 'a', resourceVersion: '1', labels: { app: 'ä "quoted"' } },
  kind: 'ConfigMap',
  data: { text: 'line\nbreak' },
  apiVersion: 'v1',
};

function stored(value: Uint8Array | string, revision = 7): StoredObject {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return new StoredObject(
    { key: Buffer.from('/registry/configmaps/a'), value: bytes, modRevision: revision },
    new ParsedObjects(),
  );
}

describe('a stored object', () => {
  it('goes out as its bytes, with the type of the request and its revision', () => {
    const json = stored(encodeObject(object)).json({ apiVersion: 'other/v2', kind: 'Other' });
    expect(JSON.parse(json.toString())).toEqual({
      ...object,
      apiVersion: 'other/v2',
      kind: 'Other',
      metadata: { ...object.metadata, resourceVersion: '7' },
    });
  });

  it('goes out without a type as an item of a typed list', () => {
    const { metadata, data } = object;
    expect(JSON.parse(stored(encodeObject(object)).json(undefined).toString())).toEqual({
      metadata: { ...metadata, resourceVersion: '7' },
      data,
    });
  });

  it('reads the same whether it is parsed or sent', () => {
    const it = stored(encodeObject(object));
    expect(JSON.parse(it.json({ apiVersion: 'v1', kind: 'ConfigMap' }).toString())).toEqual(it.object);
    const later = it.at(9);
    expect(later.object.metadata.resourceVersion).toBe('9');
    expect(it.object.metadata.resourceVersion).toBe('7');
  });

  it('is sent right when others wrote it: fields in another order, empty metadata, a resourceVersion inside', () => {
    for (const value of [
      '{"kind":"ConfigMap","metadata":{"name":"a"},"apiVersion":"v1"}',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{}}',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","resourceVersion":"3"}}',
      ' {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}} ',
    ]) {
      const found = stored(value);
      expect(found.readable).toBe(true);
      const shown = JSON.parse(found.json({ apiVersion: 'v1', kind: 'ConfigMap' }).toString()) as unknown;
      expect(shown).toEqual(found.object);
      expect(shown).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { resourceVersion: '7' } });
    }
  });

  it('is not readable when it is no object in JSON', () => {
    expect(stored('k8s\0...').readable).toBe(false);
    expect(stored('[]').readable).toBe(false);
    expect(stored('"text"').readable).toBe(false);
    expect(stored('{"kind":"ConfigMap"}').readable).toBe(false);
  });
});

describe('parsed objects', () => {
  it('are shared while they are kept, and forgotten oldest first when they grow too many', () => {
    const parsed = new ParsedObjects();
    const value = encodeObject({ ...object, data: { text: 'x'.repeat(1024 * 1024) } });
    const first = parsed.of('first', value, 1);
    expect(parsed.of('first', value, 1)).toBe(first);
    for (let i = 0; i < 20; i++) parsed.of(`other-${String(i)}`, value, 1);
    expect(parsed.of('first', value, 1)).not.toBe(first);
    expect(parsed.of('other-19', value, 1)).toBe(parsed.of('other-19', value, 1));
  });

  it('are those of the newest revision that was asked for', () => {
    const parsed = new ParsedObjects();
    const value = encodeObject(object);
    const newer = parsed.of('a', value, 5);
    expect(parsed.of('a', value, 4).metadata.resourceVersion).toBe('4');
    expect(parsed.of('a', value, 5)).toBe(newer);
  });
});
