import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { GlobalctlError, isMissing, type ErrorDetails, type SourcePlace } from '../../base/index.ts';
import { codeFrame, nearestName } from '../../site/index.ts';
import { expectations, packFileSchema } from './schema.ts';

type Path = readonly (string | number)[];

/** A pack.yaml that was read. */
export interface PackFile extends z.infer<typeof packFileSchema> {
  readonly path: string;
  /** Absolute folder of the file; relative paths inside it start here. */
  readonly folder: string;
  /** PACK_FILE_INVALID at a field, for what shows only when its value is used. */
  faultAt(path: Path, details: Pick<ErrorDetails, 'message' | 'expected' | 'found' | 'hint' | 'cause'>): GlobalctlError;
}

const LONGEST_BYTES = 1024 * 1024;
const MOST_FAULTS = 50;

/** Reads pack.yaml. Throws FILE_UNREADABLE, or PACK_FILE_INVALID with a cause for each fault: place, line and what belongs there. */
export async function readPackFile(path: string): Promise<PackFile> {
  const text = await readText(path);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faultAtRange: FaultAtRange = ({ start, end }, details) => {
    const { line, col } = lines.linePos(start);
    const place: SourcePlace = { file: path, line: Math.max(1, line), column: Math.max(1, col) };
    const snippet = codeFrame({ lines: text.split(/\r?\n/), place, length: end - start });
    return new GlobalctlError('PACK_FILE_INVALID', { subject: path, ...details, place, snippet });
  };
  const syntax = [...document.errors, ...document.warnings].map((error) =>
    faultAtRange({ start: error.pos[0], end: error.pos[1] }, { message: error.message }),
  );
  if (syntax.length > 0) throw together(path, syntax);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw faultAtRange({ start: 0, end: 1 }, { message: error instanceof Error ? error.message : 'too many aliases' });
  }
  const faultAt: PackFile['faultAt'] = (at, details) => faultAtRange(rangeOf(document, at), details);
  const parsed = packFileSchema.safeParse(value ?? {});
  if (!parsed.success)
    throw together(
      path,
      parsed.error.issues.flatMap((issue) => faultsOf(issue, { document, faultAtRange })),
    );
  if (parsed.data.images.length + parsed.data.charts.length === 0)
    throw faultAt([], { message: 'nothing goes into the package', expected: 'images or charts' });
  return { ...parsed.data, path, folder: resolve(dirname(path)), faultAt };
}

interface Range {
  readonly start: number;
  readonly end: number;
}
type FaultAtRange = (
  range: Range,
  details: Pick<ErrorDetails, 'message' | 'expected' | 'found' | 'hint' | 'cause'>,
) => GlobalctlError;

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= LONGEST_BYTES) return await readFile(path, 'utf8');
  } catch (error) {
    const reason = isMissing(error) ? 'no such file' : error instanceof Error ? error.message : String(error);
    throw new GlobalctlError('FILE_UNREADABLE', { message: `cannot read ${path}: ${reason}`, subject: path });
  }
  throw new GlobalctlError('FILE_UNREADABLE', {
    message: `${path} is too large for a pack.yaml`,
    subject: path,
    expected: 'at most 1 MiB',
  });
}

function together(path: string, faults: readonly GlobalctlError[]): GlobalctlError {
  const [first] = faults;
  if (first && faults.length === 1) return first;
  return new GlobalctlError('PACK_FILE_INVALID', {
    message: `${path} has ${String(faults.length)} errors`,
    subject: path,
    causes: faults.slice(0, MOST_FAULTS),
  });
}

/** Where a value stands, or its nearest parent that does; `key`: where the last step's key stands. */
function rangeOf(document: Document, path: Path, part: 'key' | 'value' = 'value'): Range {
  if (part === 'key') {
    const parent = document.getIn(path.slice(0, -1), true);
    const pair = isMap(parent)
      ? parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1))
      : undefined;
    if (isNode(pair?.key) && pair.key.range) return { start: pair.key.range[0], end: pair.key.range[1] };
  }
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return { start: node.range[0], end: node.range[1] };
  }
  return { start: 0, end: 1 };
}

function faultsOf(
  issue: z.core.$ZodIssue,
  { document, faultAtRange }: { readonly document: Document; readonly faultAtRange: FaultAtRange },
): GlobalctlError[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
  const field = formatPath(path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const known =
        path.length === 0 ? Object.keys(packFileSchema.shape) : ['from', 'name', 'select', 'platform', 'repository'];
      const near = nearestName(key, known);
      return faultAtRange(rangeOf(document, [...path, key], 'key'), {
        message: `${formatPath([...path, key])} is not a field of a pack.yaml`,
        found: key,
        hint: near === undefined ? undefined : `Did you mean ${near}?`,
      });
    });
  const value = document.getIn(path);
  const name = String(path.findLast((step) => typeof step === 'string') ?? '');
  const isMissingField = value === undefined || value === null;
  return [
    faultAtRange(rangeOf(document, path), {
      message: isMissingField ? `${field} is missing` : `${field} does not have the form it needs`,
      expected: expectations[path[0] === 'images' && name === 'name' ? 'images.name' : name] ?? 'a block of fields',
      found: isMissingField ? 'nothing' : describeValue(value),
    }),
  ];
}

function describeValue(value: unknown): string {
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'a block';
  return typeof value === 'string' ? value.slice(0, 80) : `${JSON.stringify(value)} (a ${typeof value})`;
}

function formatPath(path: Path): string {
  return (
    path
      .map((step, index) => (typeof step === 'number' ? `[${String(step)}]` : index === 0 ? step : `.${step}`))
      .join('') || 'pack.yaml'
  );
}
