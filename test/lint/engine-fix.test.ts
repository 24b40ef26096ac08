import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fixSources, readSource, type SourceFile } from '../../src/lint/index.ts';

const folder = join(import.meta.dirname, '../../examples/by-hand');
const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));

const source = (name: string, text: string): SourceFile => readSource(name, text, { named: true });
const comments = (text: string): string[] => text.match(/(?<=^|\s)#.*$/gm) ?? [];

describe.each(files)('the manifest that was written by hand for %s', (name) => {
  it('has mistakes, and none after they are fixed; comments and lines stay, and fixing again changes nothing', async () => {
    const text = await readFile(join(folder, name), 'utf8');
    const first = await fixSources({ sources: [source(name, text)] });
    expect(first.fixed).toBeGreaterThan(3);
    expect(first.result.findings.map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
    const after = first.files[0]?.after.text ?? '';
    expect(comments(after)).toEqual(comments(text));
    const same = text.split('\n').filter((line) => after.includes(line)).length;
    expect(same / text.split('\n').length).toBeGreaterThan(0.8);
    const second = await fixSources({ sources: [source(name, after)] });
    expect([second.fixed, second.files]).toEqual([0, []]);
  });

  it('comes out the same when each object has a file of its own', async () => {
    const text = await readFile(join(folder, name), 'utf8');
    const parts = text.split(/^---\n/m);
    const whole = await fixSources({ sources: [source(name, text)] });
    const split = await fixSources({ sources: parts.map((part, index) => source(`${String(index)}.yaml`, part)) });
    expect(split.result.findings).toEqual([]);
    const fixedParts = parts.map(
      (part, index) => split.files.find(({ before }) => before.file === `${String(index)}.yaml`)?.after.text ?? part,
    );
    expect(fixedParts.join('---\n')).toBe(whole.files[0]?.after.text);
  });
});
