import { qualifiedName, wellKnownResource } from '../../kube/index.ts';
import { sourceOf, type ManifestText } from '../../manifests/index.ts';
import type { FieldPath, PlacedObject, RuleFix } from '../../providers/index.ts';
import type { LintFinding } from '../finding.ts';
import { ObjectGraph, type ObjectReference } from '../scope/index.ts';
import { renameInImportList } from './embedded-names.ts';
import { removeValue } from './remove-value.ts';
import { setValue } from './set-value.ts';
import { collide, isSame, type TextEdit } from './text-edit.ts';

/** A change of one field, as it shows in the objects that are read again afterwards. */
export interface FieldChange {
  readonly text: ManifestText;
  readonly document: number;
  /** From the root of the document. */
  readonly path: FieldPath;
  /** Absent when the field is removed. */
  readonly set?: { readonly value: unknown };
}

/** All that cures one finding. */
export interface PlannedFix {
  readonly finding: LintFinding;
  readonly edits: ReadonlyMap<ManifestText, readonly TextEdit[]>;
  readonly changes: readonly FieldChange[];
}

/** Who names whom within one installation. */
class References {
  readonly graph: ObjectGraph;
  /** Every reference by the name that it says. */
  readonly byName = new Map<string, { readonly placed: PlacedObject; readonly reference: ObjectReference }[]>();
  readonly names: ReadonlySet<string>;
  readonly importLists: readonly PlacedObject[];
  readonly #own: ReadonlySet<PlacedObject>;

  constructor(objects: readonly PlacedObject[]) {
    this.graph = new ObjectGraph(objects);
    for (const placed of objects)
      for (const reference of this.graph.referencesOf(placed)) {
        const list = this.byName.get(reference.name) ?? [];
        list.push({ placed, reference });
        this.byName.set(reference.name, list);
      }
    this.names = new Set(objects.map(({ object: { kind, metadata } }) => nameKey(kind, metadata)));
    this.importLists = objects.filter(({ object }) => object.kind === 'ConfigMap');
    this.#own = new Set(objects);
  }

  has(placed: PlacedObject): boolean {
    return this.#own.has(placed);
  }
}

/** Works out the edits of single findings; who names whom is worked out once. */
export class FixPlanner {
  readonly #installations: readonly References[];

  /** Takes the objects of each installation: names and references of one do not touch another. */
  constructor(installations: readonly (readonly PlacedObject[])[]) {
    this.#installations = installations.map((objects) => new References(objects));
  }

  /** Undefined when a part of the fix cannot be written without touching something else. */
  plan(finding: LintFinding): PlannedFix | undefined {
    const { fixes = [] } = finding;
    if (fixes.length === 0) return undefined;
    const edits = new Map<ManifestText, TextEdit[]>();
    const changes: FieldChange[] = [];
    for (const fix of fixes) {
      const part = this.#part(fix);
      if (!part) return undefined;
      for (const { text, edit } of part.edits) {
        const list = edits.get(text) ?? [];
        if (list.some((other) => collide(other, edit))) return undefined;
        if (!list.some((other) => isSame(other, edit))) list.push(edit);
        edits.set(text, list);
      }
      changes.push(...part.changes);
    }
    return { finding, edits: new Map([...edits].map(([text, list]) => [text, keepAliases(list)])), changes };
  }

  #part(fix: RuleFix): Part | undefined {
    if (fix.change === 'rename') return this.#rename(fix.at, fix.to);
    const source = sourceOf(fix.at);
    if (!source) return undefined;
    const { text, document } = source;
    const path = [...source.path, ...fix.path];
    const edit =
      fix.change === 'set'
        ? setValue({ text, document, path, value: fix.value, quote: fix.quote })
        : removeValue(text, document, path);
    if (!edit) return undefined;
    const change = { text, document, path, ...(fix.change === 'set' && { set: { value: fix.value } }) };
    return { edits: [{ text, edit }], changes: [change] };
  }

  /** The object's own name and every reference that leads to it; refused when the new name is taken. */
  #rename(at: PlacedObject, to: string): Part | undefined {
    const parts: Part = { edits: [], changes: [] };
    const add = (part: Part): void => {
      parts.edits.push(...part.edits);
      parts.changes.push(...part.changes);
    };
    const own = this.#part({ change: 'set', at, path: ['metadata', 'name'], value: to });
    if (!own) return undefined;
    add(own);
    for (const references of this.#installations.filter((installation) => installation.has(at))) {
      const part = this.#renameReferences(references, at, to);
      if (!part) return undefined;
      add(part);
    }
    return parts;
  }

  #renameReferences(references: References, at: PlacedObject, to: string): Part | undefined {
    const { kind, apiVersion, metadata } = at.object;
    const from = String(metadata.name);
    const { graph, names, byName, importLists } = references;
    if (names.has(nameKey(kind, { ...metadata, name: to }))) return undefined;
    const parts: Part = { edits: [], changes: [] };
    for (const { placed, reference } of byName.get(from) ?? []) {
      if (!graph.targetsOf(reference).includes(at)) continue;
      const part = this.#part({ change: 'set', at: placed, path: reference.path, value: to });
      if (!part) return undefined;
      parts.edits.push(...part.edits);
      parts.changes.push(...part.changes);
    }
    const resource = wellKnownResource(apiVersion, kind);
    if (!resource) return parts;
    for (const placed of importLists) {
      const edits = renameInImportList(placed, { plural: qualifiedName(resource), from, to });
      const source = sourceOf(placed);
      if (!edits || (edits.length > 0 && !source)) return undefined;
      if (source) parts.edits.push(...edits.map((edit) => ({ text: source.text, edit })));
    }
    return parts;
  }
}

function nameKey(kind: string, { name, namespace }: PlacedObject['object']['metadata']): string {
  return JSON.stringify([kind, namespace, name]);
}

interface Part {
  readonly edits: { readonly text: ManifestText; readonly edit: TextEdit }[];
  readonly changes: FieldChange[];
}

/** An alias says what its anchor says: where that is changed to the same, the alias stays. */
function keepAliases(edits: readonly TextEdit[]): TextEdit[] {
  return edits.filter(
    ({ anchor, text }) =>
      anchor === undefined || !edits.some((other) => other.start === anchor && unquoted(other.text) === unquoted(text)),
  );
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/, '$2');
}
