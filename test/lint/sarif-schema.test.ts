import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { lint, readSource, reportSarif, type LintResult } from '../../src/lint/index.ts';
import { registerLint } from '../../src/cli/commands/lint.ts';
import { runCommand } from '../../src/cli/test-app.fixture.ts';
import { join } from 'node:path';

const load = createRequire(import.meta.url);
const json = (module: string): object => JSON.parse(readFileSync(load.resolve(module), 'utf8')) as object;

// The schema of the standard (OASIS SARIF 2.1.0) as it is published, a draft-04 one; formats are checked below by hand.
const ajv = new Ajv({ schemaId: 'auto', allErrors: true, unknownFormats: 'ignore', format: false });
ajv.addMetaSchema(json('ajv/lib/refs/json-schema-draft-04.json'));
const isValid = ajv.compile(json('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));
const faultsOf = (log: unknown): unknown[] => {
  void isValid(JSON.parse(JSON.stringify(log)));
  return (isValid.errors ?? []).map(({ dataPath, message }) => `${dataPath} ${message ?? ''}`);
};
const byHand = join(import.meta.dirname, '../../examples/by-hand');

const textOf = (name: string): string =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n  namespace: cpaas-system\ndata: {n: 3}\n`;
const logOf = ({ findings, ignored }: LintResult): ReturnType<typeof reportSarif> =>
  reportSarif({ findings, ignored, version: '1.2.3' });

describe('the log for code scanning, by the schema of the standard', () => {
  it('is valid for real manifests, with fixes, regions and installations', async () => {
    const { stdout, exitCode } = await runCommand(registerLint, ['lint', byHand, '-o', 'sarif'], { cwd: byHand });
    expect(exitCode).toBe(4);
    const log = JSON.parse(stdout) as { runs: [{ results: { fixes?: unknown; properties?: object }[] }] };
    expect(faultsOf(log)).toEqual([]);
    const { results } = log.runs[0];
    expect(results.length).toBeGreaterThan(30);
    expect(results.every(({ fixes, properties }) => fixes !== undefined && properties !== undefined)).toBe(true);
  });

  it('is valid without findings, with ignored ones, and with findings that have no place', async () => {
    const clean = await lint({ sources: [] });
    expect(faultsOf(logOf(clean))).toEqual([]);
    const text = `# globalctl-ignore LINT_SCHEMA the reader takes numbers\n${textOf('a')}---\n${textOf('b')}`;
    const some = await lint({ sources: [readSource('a b/ü#?.yaml', text, { named: true })] });
    expect([some.findings.length, some.ignored.length]).toEqual([1, 1]);
    expect(faultsOf(logOf(some))).toEqual([]);
    const { place: _place, end: _end, snippet: _snippet, ...nowhere } = some.findings[0] ?? { code: 'LINT_SCHEMA' };
    expect(faultsOf(logOf({ ...some, findings: [nowhere as (typeof some.findings)[number]] }))).toEqual([]);
  });

  it('names files by relative references that URI parsers read back', async () => {
    const { findings, ignored } = await lint({ sources: [readSource('a b/ü#?:1.yaml', textOf('a'), { named: true })] });
    const text = JSON.stringify(reportSarif({ findings, ignored, version: '1' }));
    const uri = /"uri":"([^"]*)"/.exec(text)?.[1] ?? '';
    expect(decodeURIComponent(new URL(uri, 'file:///checkout/').pathname)).toBe('/checkout/a b/ü#?:1.yaml');
  });

  it('would be refused with an unknown key, a level of our own, or a line 0', async () => {
    const log = logOf(await lint({ sources: [readSource('a.yaml', textOf('a'), { named: true })] }));
    const text = JSON.stringify(log);
    for (const [from, to] of [
      ['"columnKind"', '"columns"'],
      ['"level":"error","message"', '"level":"info","message"'],
      ['"startLine":6', '"startLine":0'],
    ] as const) {
      expect(text).toContain(from);
      expect(faultsOf(JSON.parse(text.replace(from, to)))).not.toEqual([]);
    }
  });
});
