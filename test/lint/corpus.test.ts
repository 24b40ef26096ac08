import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lint } from '../../src/lint/run.ts';
import { readSource, type SourceFile } from '../../src/lint/read/index.ts';
import type { LintFinding } from '../../src/lint/finding.ts';
import { baseManifest, isBaseName, overlay } from './overlay.fixture.ts';

/**
 * Small manifests, each a mistake or a near miss. The comment at the head of a file says what it goes over (`over:` one of the
 * complete manifests of overlay.fixture.ts, or nothing), whether the site is given (`site: yes`), whether documents are added
 * rather than merged (`adds: yes`), and what is to be found (`finds:` rule and line, or none). A folder is one run over its files.
 */
const corpus = join(import.meta.dirname, 'corpus');

interface Expectation {
  readonly over: string;
  readonly site: boolean;
  readonly adds: boolean;
  readonly finds: readonly string[];
}

function headerOf(file: string, text: string): Expectation {
  const field = (name: string): string | undefined => new RegExp(`^# ${name}: (.*)$`, 'm').exec(text)?.[1]?.trim();
  const finds = field('finds');
  if (finds === undefined) throw new Error(`${file} does not say what is to be found`);
  return {
    over: field('over') ?? 'nothing',
    site: field('site') === 'yes',
    adds: field('adds') === 'yes',
    finds: finds === 'none' ? [] : finds.split(', '),
  };
}

async function read(file: string, text: string, header: Expectation): Promise<SourceFile> {
  const source = readSource(file, text, { named: true });
  if (!isBaseName(header.over)) return source;
  const base = await baseManifest(header.over);
  return { ...source, objects: overlay(base.objects, source, header.adds) };
}

const shown = ({ code, place }: LintFinding): string => `${code} ${place ? String(place.line) : '?'}`;

/** What is found, by file; findings about the complete manifest below are named by its file. */
async function findingsOf(files: readonly string[]): Promise<Record<string, string[]>> {
  const texts = files.map((file) => ({ file, text: readFileSync(join(corpus, file), 'utf8') }));
  const headers = texts.map(({ file, text }) => headerOf(file, text));
  const sources = await Promise.all(
    texts.map(({ file, text }, i) => read(file, text, headers[i] ?? headerOf(file, text))),
  );
  const base = headers.map(({ over }) => over).find(isBaseName);
  const withSite = headers.some(({ site }) => site) && base ? (await baseManifest(base)).loaded.site : undefined;
  const { findings } = await lint({ sources, site: withSite });
  const result: Record<string, string[]> = Object.fromEntries(files.map((file) => [file, []]));
  for (const finding of findings) {
    const file = finding.place?.file ?? 'no place';
    (result[file] ??= []).push(shown(finding));
  }
  for (const list of Object.values(result)) list.sort();
  return result;
}

const entries = readdirSync(corpus).toSorted();
const cases = entries.map((entry): readonly [string, readonly string[]] => {
  const folder = join(corpus, entry);
  if (!statSync(folder).isDirectory()) return [entry, [entry]];
  return [
    entry,
    readdirSync(folder)
      .toSorted()
      .map((file) => join(entry, file)),
  ];
});

describe('the corpus', () => {
  it.each(cases)('%s', async (_name, files) => {
    const expected: Record<string, readonly string[]> = {};
    for (const file of files)
      expected[file] = headerOf(file, readFileSync(join(corpus, file), 'utf8')).finds.toSorted();
    expect(await findingsOf(files)).toEqual(expected);
  });

  it('has at least 150 manifests, and near misses among them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(150);
    const silent = cases.filter(([, files]) =>
      files.every((file) => headerOf(file, readFileSync(join(corpus, file), 'utf8')).finds.length === 0),
    );
    expect(silent.length).toBeGreaterThanOrEqual(50);
  });
});
