import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import type { KubeObject } from '../kube/index.ts';
import { readManifest, writeManifest } from './index.ts';

const configMap = (data: Record<string, unknown>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a' },
  data,
});

describe('writing', () => {
  it('quotes words that kubectl would read as something else than text', () => {
    const data = { a: 'on', b: 'yes', c: '0644', d: '12:30:45', e: '1e3', f: 'null', g: '~', h: '::', i: '1_000' };
    const text = writeManifest([configMap(data)]);
    for (const version of ['1.1', '1.2'] as const)
      expect(parseDocument(text, { version }).toJS(), version).toMatchObject({ data });
  });

  it('writes text of several lines as a block and never folds a long line', () => {
    const long = `${'word '.repeat(60)}end`;
    const text = writeManifest([configMap({ script: `first\n${long}\n`, one: long })]);
    expect(text).toContain(`  script: |\n    first\n    ${long}\n`);
    expect(text).toContain(`  one: ${long}\n`);
  });

  it('writes what is shared twice, since each document is read by itself', () => {
    const shared = { list: ['x'] };
    expect(writeManifest([configMap({ a: shared, b: shared })])).not.toMatch(/[&*]a\d/);
  });
});

describe('reading', () => {
  it('takes JSON, Lists and several documents, and skips empty ones', () => {
    const text = `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"json"}}
---
---
# only a comment
---
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: first}}
- apiVersion: v1
  kind: Secret
  metadata:
    name: second
`;
    const objects = readManifest('m.yaml', text);
    expect(objects.map(({ object }) => object.metadata.name)).toEqual(['json', 'first', 'second']);
    expect(objects[2]?.placeOf(['metadata', 'name'])).toEqual({ file: 'm.yaml', line: 13, column: 11 });
  });

  it('gives the place of the nearest parent for a field that is not written', () => {
    const [placed] = readManifest('m.yaml', 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n');
    expect(placed?.placeOf(['metadata', 'labels', 'x'])).toEqual({ file: 'm.yaml', line: 3, column: 1 });
  });

  it('refuses aliases that expand without end, and names every document that is at fault', () => {
    const bomb = Array.from({ length: 12 }, (_, i) =>
      i === 0
        ? 'a0: &a0 [x, x]'
        : `a${String(i)}: &a${String(i)} [${Array(12)
            .fill(`*a${String(i - 1)}`)
            .join(', ')}]`,
    ).join('\n');
    expect(() => readManifest('m.yaml', `${bomb}\n---\nkind: [`)).toThrow(
      expect.objectContaining({
        code: 'MANIFEST_BASE_INVALID',
        message: 'm.yaml has 2 documents that cannot be used',
      }) as Error,
    );
  });

  it('shows no value of a Secret in a snippet', () => {
    const text = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  user: somebody\n  other: value-1\n';
    const [placed] = readManifest('m.yaml', text);
    const place = placed?.placeOf(['stringData', 'other']);
    const snippet = place && placed?.snippetOf(place);
    expect(snippet).toContain('other: *******');
    expect(snippet).not.toContain('somebody');
  });
});

describe('reading as kubectl does', () => {
  it('takes the booleans and numbers of YAML 1.1, and merge keys', () => {
    const text = `apiVersion: v1
kind: Widget
metadata: {name: a}
words: [y, yes, On, N, "y"]
numbers: [0644, 0o644, 1_000, 0b11, 089, 0x1F, 1e3]
texts: [12:30, 2001-12-14]
defaults: &defaults {cpu: 2, disk: 40}
machine:
  <<: *defaults
  disk: 80
`;
    const [placed] = readManifest('m.yaml', text);
    expect(placed?.object).toMatchObject({
      words: [true, true, true, false, 'y'],
      numbers: [420, 420, 1000, 3, 89, 31, 1000],
      texts: ['12:30', '2001-12-14'],
      machine: { cpu: 2, disk: 80 },
    });
    expect(placed?.placeOf(['machine', 'cpu'])).toMatchObject({ line: 7, column: 27 });
    expect(placed?.textOf?.(['words', 4])).toBe('"y"');
  });

  it('refuses a key that stands twice in one block, at the second', () => {
    expect(() => readManifest('m.yaml', 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\n  name: b\n')).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ place: { file: 'm.yaml', line: 5, column: 3 } }) as unknown,
      }) as Error,
    );
  });
});
