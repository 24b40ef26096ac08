import { BUILTIN_KINDS, BUILTIN_TYPES } from './builtin-types.ts';
import { BUILTIN_ZERO_VALUES } from './builtin-zero-values.ts';

/**
 * The type of a field, as the table writes it: `string`, `int32`, `date-time`, `object` (free JSON object), `raw` (the same, with one owner),
 * `any`; `@name` another type of the table; `[]T` list, `[set]T` set, `[a,b]T` map list with its keys; `{}T` map, `{^}T` atomic map. After the type:
 * `~strategy/key` for strategic merge, `=value` a default, `=` alone a struct held by value.
 */
export type FieldType =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'reference'; readonly name: string }
  | { readonly kind: 'list'; readonly of: FieldType; readonly relation: 'none' | 'set' | readonly string[] }
  | { readonly kind: 'map'; readonly of: FieldType; readonly isAtomic: boolean };

export interface BuiltinField {
  readonly name: string;
  readonly isRequired: boolean;
  readonly type: FieldType;
  /** Patch strategy, e.g. `merge` or `merge,retainKeys`. */
  readonly patchStrategy: string | undefined;
  readonly patchMergeKey: string | undefined;
  /** Default of a scalar that is part of a list key. */
  readonly default: string | undefined;
  /** A struct held by value: it is there even when nothing of it is set. */
  readonly isAlwaysPresent: boolean;
  /** What is printed of the field when it is empty, where it is not what its type says; see builtin-zero-values.ts. */
  readonly zeroValue: 'printed' | 'dropped' | 'kept' | undefined;
  readonly isMicroTime: boolean;
}

export interface BuiltinType {
  readonly name: string;
  /** One owner for the whole value in server-side apply. */
  readonly isAtomic: boolean;
  readonly fields: readonly BuiltinField[];
}

let lines: ReadonlyMap<string, string> | undefined;
let zeroMarks: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;
let kinds: ReadonlyMap<string, string> | undefined;
const types = new Map<string, BuiltinType>();

/** Name of the type of a kind, e.g. `apps.v1.Deployment`; undefined for kinds that are not built in. */
export function builtinTypeName(apiVersion: string, kind: string): string | undefined {
  kinds ??= new Map(
    BUILTIN_KINDS.trim()
      .split('\n')
      .map((line): [string, string] => {
        const [version = '', name = '', type = ''] = line.split(' ');
        return [`${version} ${name}`, type];
      }),
  );
  return kinds.get(`${apiVersion} ${kind}`);
}

/** A type of the table; undefined when there is none of that name. */
export function builtinType(name: string): BuiltinType | undefined {
  const known = types.get(name);
  if (known !== undefined) return known;
  lines ??= new Map(
    BUILTIN_TYPES.trim()
      .split('\n')
      .map((line): [string, string] => [(line.split(' ', 1)[0] ?? '').replace('^', ''), line]),
  );
  const line = lines.get(name);
  if (line === undefined) return undefined;
  const [head = '', ...fields] = line.split(' ');
  const type: BuiltinType = {
    name,
    isAtomic: head.endsWith('^'),
    fields: fields.map((field) => parseField(field, marksOf(name))),
  };
  types.set(name, type);
  return type;
}

/** The marks of a type's fields, by field name. */
function marksOf(typeName: string): ReadonlyMap<string, string> | undefined {
  zeroMarks ??= new Map(
    BUILTIN_ZERO_VALUES.trim()
      .split('\n')
      .map((line): [string, ReadonlyMap<string, string>] => {
        const [name = '', ...marks] = line.split(' ');
        return [name, new Map(marks.map((mark) => [mark.replace(/[!*~-]+$/, ''), mark]))];
      }),
  );
  return zeroMarks.get(typeName);
}

function zeroValueOf(mark: string): BuiltinField['zeroValue'] {
  if (mark.includes('!')) return 'printed';
  if (mark.endsWith('-')) return 'dropped';
  return mark.endsWith('*') ? 'kept' : undefined;
}

function parseField(text: string, marks: ReadonlyMap<string, string> | undefined): BuiltinField {
  const match = /^([^!:]+)(!?):([^~=]+)(?:~([^/=]+)(?:\/([^=]+))?)?(?:=(.*))?$/.exec(text);
  const [, name = '', required = '', type = '', patchStrategy, patchMergeKey, defaultText] = match ?? [];
  const mark = marks?.get(name) ?? '';
  return {
    name,
    isRequired: required === '!',
    type: parseType(type),
    patchStrategy,
    patchMergeKey,
    default: defaultText === '' ? undefined : defaultText,
    isAlwaysPresent: defaultText === '',
    zeroValue: zeroValueOf(mark),
    isMicroTime: mark.endsWith('~'),
  };
}

function parseType(text: string): FieldType {
  if (text.startsWith('@')) return { kind: 'reference', name: text.slice(1) };
  if (text.startsWith('{')) {
    const end = text.indexOf('}');
    return { kind: 'map', of: parseType(text.slice(end + 1)), isAtomic: text[1] === '^' };
  }
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    const inside = text.slice(1, end);
    const relation = inside === '' ? 'none' : inside === 'set' ? 'set' : inside.split(',');
    return { kind: 'list', of: parseType(text.slice(end + 1)), relation };
  }
  return { kind: 'word', word: text };
}
