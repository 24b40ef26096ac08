import { basename } from 'node:path';
import { describeObject } from '../../kube/index.ts';
import { listItems, ManifestText, maxManifestBytes, placeObject } from '../../manifests/index.ts';
import type { PlacedObject } from '../../providers/index.ts';
import type { TextRange } from '../../site/index.ts';
import type { LintFinding } from '../finding.ts';
import { classifyDocument } from './classify.ts';

/** A text that was read for linting. */
export interface SourceFile {
  readonly text: ManifestText;
  readonly objects: readonly PlacedObject[];
  /** What keeps documents from being linted. */
  readonly findings: readonly LintFinding[];
  /** Why nothing of it is linted, when it is another kind of file: `a Kustomization of kustomize`. */
  readonly skipped?: string;
}

export interface ReadOptions {
  /** The file was named by a person: what is no Kubernetes object is a mistake then, and else left alone. */
  readonly named: boolean;
}

/** An action of a template: `{{- if .Values.x }}`; the words that cloud-init replaces have neither dot nor dash in front. */
const chartAction = /\{\{(?:-|\s*(?:\.|if |range |include |with |end\b))/;
const chartHint =
  'It looks like a template of a chart: lint what it renders to, helm template CHART | globalctl lint -.';

/** Kustomize takes these without apiVersion and kind, too. */
const kustomization = /^kustomization(?:\.ya?ml)?$/i;

/** What an object or an installer request cannot be without. */
const mayHoldObjects = /["']?\b(?:kind|deployMode|hostIP)["']?\s*:/;

/** Reads the objects of a text. Documents that cannot be read are findings; the rest is used. */
export function readSource(file: string, content: string, { named }: ReadOptions): SourceFile {
  if (Buffer.byteLength(content) > maxManifestBytes) {
    const text = new ManifestText(file, '');
    const message = 'the file is larger than 16 MiB';
    const hint = 'Lint what it is made of in parts.';
    return { text, objects: [], findings: [unreadable(text, message, { start: 0, end: 1 }, hint)] };
  }
  if (content.includes('\0')) {
    const text = new ManifestText(file, '');
    if (!named) return { text, objects: [], findings: [], skipped: 'a binary file' };
    return {
      text,
      objects: [],
      findings: [unreadable(text, 'it is no text', { start: 0, end: 1 }, 'Name files of YAML or JSON, in UTF-8.')],
    };
  }
  if (!named && !mayHoldObjects.test(content))
    return { text: new ManifestText(file, ''), objects: [], findings: [], skipped: 'a file without any object' };
  const text = new ManifestText(file, content);
  const objects: PlacedObject[] = [];
  const hint = chartAction.test(content) ? chartHint : undefined;
  const findings = text.faults.map(({ message, range }) => unreadable(text, sentence(message), range, hint));
  const others: string[] = [];
  const unknown: LintFinding[] = [];
  for (const { index, value } of text.documents) {
    if (value === undefined) continue;
    for (const { item, path } of listItems(value)) {
      const found = classifyDocument(item, basename(file));
      const range = text.rangeOf(index, path);
      if (found.is === 'object') objects.push(placeObject(found.object, { text, document: index, path }));
      else if (found.is === 'other') others.push(found.what);
      else if (found.is === 'broken') findings.push(notAnObject(text, `${found.missing} is missing`, range, hint));
      else if (kustomization.test(basename(file))) others.push('a Kustomization of kustomize');
      else unknown.push(notAnObject(text, 'the document is no Kubernetes object', range, hint));
    }
  }
  if (objects.length === 0 && others.length > 0 && findings.length === 0)
    return { text, objects, findings, skipped: others[0] ?? '' };
  if (objects.length === 0 && !named && others.length + unknown.length > 0 && text.faults.length === 0)
    return { text, objects, findings, skipped: 'no Kubernetes object' };
  return { text, objects, findings: [...findings, ...unknown] };
}

/** Every object as messages call it, for the summary of a run. */
export function describeAll(objects: readonly PlacedObject[]): string[] {
  return objects.map(({ object }) => describeObject(object));
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}

function unreadable(text: ManifestText, message: string, range: TextRange, hint?: string): LintFinding {
  return textFinding(text, { code: 'LINT_UNREADABLE', message, range, ...(hint !== undefined && { hint }) });
}

function notAnObject(text: ManifestText, message: string, range: TextRange, hint?: string): LintFinding {
  const expected = 'a Kubernetes object with apiVersion, kind and metadata.name';
  return textFinding(text, {
    code: 'LINT_NOT_AN_OBJECT',
    message,
    range,
    expected,
    ...(hint !== undefined && { hint }),
  });
}

interface TextProblem
  extends Pick<LintFinding, 'code' | 'message'>, Partial<Pick<LintFinding, 'expected' | 'hint' | 'severity'>> {
  readonly range: TextRange;
}

/** A finding about a stretch of a text. */
export function textFinding(text: ManifestText, { range, ...finding }: TextProblem): LintFinding {
  const place = text.placeAt(range.start);
  return {
    severity: 'error',
    path: '',
    ...finding,
    place,
    end: endOf(text, range),
    snippet: text.snippetAt(place, range.end - range.start),
  };
}

/** Where a stretch ends, on its first line: marks that go over lines are hard to read. */
export function endOf(text: ManifestText, { start, end }: TextRange): { line: number; column: number } {
  const newline = text.text.slice(start, end).search(/[\r\n]/);
  const { line, column } = text.placeAt(newline < 0 ? end : start + newline);
  return { line, column };
}
