import type { ManifestText } from '../../manifests/index.ts';
import { valueAt, type FieldPath } from '../../site/index.ts';
import { readSource, type SourceFile } from '../read/index.ts';
import { lint, objectsOf, type LintRequest, type LintResult } from '../run.ts';
import { FixPlanner, type FieldChange, type PlannedFix } from './plan.ts';
import { applyEdits, EditIndex, type TextEdit } from './text-edit.ts';

/** Each pass makes all fixes that do not meet; more passes than this would be rules that undo each other. */
const maxPasses = 20;

export interface FixedFile {
  readonly before: ManifestText;
  readonly after: ManifestText;
}

export interface FixOutcome {
  /** Files that changed, in the order of the run. */
  readonly files: readonly FixedFile[];
  /** How many findings were cured by edits. */
  readonly fixed: number;
  /** What the rules say of the fixed texts. */
  readonly result: LintResult;
}

/** Fixes what findings offer to fix, again and again until nothing more changes. Writes nothing. */
export async function fixSources(request: LintRequest): Promise<FixOutcome> {
  let sources = request.sources;
  let fixed = 0;
  let result = await lint({ ...request, sources });
  for (let pass = 0; pass < maxPasses; pass++) {
    const made = onePass(sources, result);
    if (made.fixed === 0) break;
    ({ sources } = made);
    fixed += made.fixed;
    result = await lint({ ...request, sources });
  }
  const files = request.sources.flatMap(({ text: before }, index) => {
    const after = sources[index]?.text;
    return after && after.text !== before.text ? [{ before, after }] : [];
  });
  return { files, fixed, result };
}

function onePass(
  sources: readonly SourceFile[],
  result: LintResult,
): { sources: readonly SourceFile[]; fixed: number } {
  const planner = new FixPlanner(result.installations.map(objectsOf));
  const plans = result.findings.flatMap((finding) => planner.plan(finding) ?? []);
  const together = withoutCollisions(plans);
  const made = carryOut(sources, together);
  if (made) return { sources: made, fixed: together.length };
  // One of them does not come out as it should: each is tried by itself, and those that do not are left to the person.
  for (const plan of together) {
    const alone = carryOut(sources, [plan]);
    if (alone) return { sources: alone, fixed: 1 };
  }
  return { sources, fixed: 0 };
}

/** The first of two that meet is made; the other one's turn is the next pass. */
function withoutCollisions(plans: readonly PlannedFix[]): PlannedFix[] {
  const taken = new Map<ManifestText, EditIndex>();
  return plans.filter(({ edits }) => {
    if ([...edits].some(([text, list]) => list.some((edit) => taken.get(text)?.meets(edit) === true))) return false;
    for (const [text, list] of edits) {
      const index = taken.get(text) ?? new EditIndex();
      taken.set(text, index);
      for (const edit of list) index.add(edit);
    }
    return true;
  });
}

/** The texts with the edits in them; undefined when reading them again does not show the changes that were meant, and no other. */
function carryOut(sources: readonly SourceFile[], plans: readonly PlannedFix[]): SourceFile[] | undefined {
  if (plans.length === 0) return undefined;
  const changed: SourceFile[] = [];
  for (const source of sources) {
    const edits = distinct(plans.flatMap((plan) => plan.edits.get(source.text) ?? []));
    if (edits.length === 0) {
      changed.push(source);
      continue;
    }
    const { text } = source;
    const after = readSource(text.file, applyEdits(text.text, edits), { named: true });
    if (!isAsMeant(text, after.text, plans)) return undefined;
    changed.push(after);
  }
  return changed;
}

function distinct(edits: readonly TextEdit[]): TextEdit[] {
  return [...new Map(edits.map((edit) => [JSON.stringify([edit.start, edit.end, edit.text]), edit])).values()];
}

function isAsMeant(before: ManifestText, after: ManifestText, plans: readonly PlannedFix[]): boolean {
  if (after.documents.length !== before.documents.length || after.faults.length > before.faults.length) return false;
  const changes = new Map<number, FieldChange[]>();
  for (const plan of plans)
    for (const made of plan.changes)
      if (made.text === before) {
        const list = changes.get(made.document) ?? [];
        list.push(made);
        changes.set(made.document, list);
      }
  return before.documents.every(({ index, value }) => {
    const expected: unknown = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
    for (const { path, set } of changes.get(index) ?? []) change(expected, path, set);
    return canonical(expected) === canonical(after.documents[index]?.value);
  });
}

function change(root: unknown, path: FieldPath, set: { readonly value: unknown } | undefined): void {
  for (const [depth, step] of path.slice(0, -1).entries()) {
    const parent = valueAt(root, path.slice(0, depth));
    const child = valueAt(root, path.slice(0, depth + 1));
    if ((child === undefined || child === null) && isContainer(parent)) parent[step] = {};
  }
  const parent = valueAt(root, path.slice(0, -1));
  const last = path.at(-1);
  if (!isContainer(parent) || last === undefined) return;
  if (set) parent[last] = set.value;
  else if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent, last);
}

function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Import lists are texts whose change is not among the fields: names in them are looked at by their own fix. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) =>
    key === 'resources.yaml' && typeof inner === 'string'
      ? inner.split('\n').length
      : isContainer(inner) && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
  );
}
