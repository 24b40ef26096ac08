import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ManifestText } from '../../manifests/index.ts';
import { diffOf } from './diff.ts';

const documents = (names: readonly string[]): string =>
  names
    .map((name) => `---\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  a: "1"\n  b: "2"\n  c: "3"\n`)
    .join('');

const diff = (before: string, after: string): Promise<string> =>
  diffOf({ before: new ManifestText('f.yaml', before), after: new ManifestText('f.yaml', after) });

describe('the diff of a fix', () => {
  it('is one that git apply takes, with changes, additions and removals in several documents', async () => {
    const before = documents(['a', 'b', 'c', 'd']);
    const after = before
      .replace('name: a', 'name: global-a')
      .replace('name: b\n', 'name: b\n  namespace: cpaas-system\n')
      .replace(/(name: d\ndata:\n) {2}a: "1"\n/, '$1');
    const folder = mkdtempSync(join(tmpdir(), 'globalctl-diff-'));
    try {
      writeFileSync(join(folder, 'f.yaml'), before);
      execFileSync('git', ['apply', '--unsafe-paths', '-'], {
        cwd: folder,
        input: `${await diff(before, after)}\n`,
        env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() },
      });
      expect(readFileSync(join(folder, 'f.yaml'), 'utf8')).toBe(after);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('shows three lines around a change and leaves the rest of a file out', async () => {
    const before = documents(['a', 'b', 'c']);
    expect(await diff(before, before.replace('name: b', 'name: global-b'))).toBe(
      [
        '--- a/f.yaml',
        '+++ b/f.yaml',
        '@@ -9,7 +9,7 @@',
        ' ---',
        ' kind: ConfigMap',
        ' metadata:',
        '-  name: b',
        '+  name: global-b',
        ' data:',
        '   a: "1"',
        '   b: "2"',
      ].join('\n'),
    );
  });
});
