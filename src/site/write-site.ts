import type { z } from 'zod';
import { stringify } from 'yaml';
import { parsePath, valueAt } from './field-path.ts';
import { childrenOf, describeType, elementOf, unwrapSchema, type UnwrappedSchema } from './schema-walk.ts';

/** A site as one writes it, before defaults; keys in any order. */
export type SampleSite = Readonly<Record<string, unknown>>;

export interface SiteDocument {
  readonly schema: z.core.$ZodType;
  readonly sample: SampleSite;
  /** Lines at the top of the file, without `#`. */
  readonly header: readonly string[];
  /** `full` explains every field and shows those left out as comments; `brief` explains the blocks. */
  readonly detail: 'full' | 'brief';
}

/** The text of a site file with the sample's values in the schema's order, and comments from the schema. */
export function writeSite({ schema, sample, header, detail }: SiteDocument): string {
  const lines = [
    ...header.map((line) => `# ${line}`.trimEnd()),
    ...block({ schema, values: sample, sample, depth: 0, detail }),
  ];
  return `${lines.join('\n')}\n`;
}

interface Block {
  readonly schema: z.core.$ZodType;
  readonly values: SampleSite;
  /** The whole site, for defaults that come from other fields. */
  readonly sample: SampleSite;
  readonly depth: number;
  readonly detail: SiteDocument['detail'];
}

const width = 118;

function block({ schema, values, sample, depth, detail }: Block): string[] {
  const indent = '  '.repeat(depth);
  return [...childrenOf(schema)].flatMap(([key, child]) => {
    const field = unwrapSchema(child);
    const given = Object.hasOwn(values, key);
    if (!given && detail === 'brief') return [];
    const isBlock = childrenOf(child).size > 0 || elementOf(child) !== undefined;
    const explained = depth === 0 ? isBlock || !given : detail === 'full';
    const comment = explained ? wrap(commentOf(field, given), indent) : [];
    const space = depth === 0 && comment.length > 0 ? [''] : [];
    const lines = given
      ? entry({ key, value: values[key], schema: child, sample, depth, detail })
      : leftOut({ key, schema: child, sample }).map((line) => `${indent}# ${line}`.trimEnd());
    return [...space, ...comment, ...withVariable(lines, field)];
  });
}

function commentOf({ meta, optional, defaultValue }: UnwrappedSchema, given: boolean): string {
  const description = meta.description ?? '';
  if (given || !optional) return description;
  if (meta.derivedDefault !== undefined) return `${description} The default is ${meta.derivedDefault}:`;
  return defaultValue === undefined || isEmpty(defaultValue)
    ? `${description} Optional.`
    : `${description} The default:`;
}

interface Entry extends Omit<Block, 'values'> {
  readonly key: string;
  readonly value: unknown;
}

function entry({ key, value, ...where }: Entry): string[] {
  const { schema, depth } = where;
  const indent = '  '.repeat(depth);
  const element = elementOf(schema);
  if (element !== undefined && Array.isArray(value) && value.some(holdsList))
    return [
      `${indent}${key}:`,
      ...value.flatMap((item: SampleSite) => listItem({ ...where, schema: element, values: item, depth: depth + 1 })),
    ];
  if (element !== undefined || typeof value !== 'object' || value === null)
    return [`${indent}${key}:${inline(value, indent)}`];
  return [`${indent}${key}:`, ...block({ ...where, values: value as SampleSite, depth: depth + 1 })];
}

/** Whether an entry has lists inside, so that one line would not do. */
function holdsList(item: unknown): boolean {
  return typeof item === 'object' && item !== null && Object.values(item).some((part) => Array.isArray(part));
}

/** A list entry that is a block of its own, such as a pool of workers; what explains its first field stands above it. */
function listItem(item: Block): string[] {
  const lines = block({ ...item, depth: item.depth + 1 });
  const first = lines.findIndex((line) => !line.trimStart().startsWith('#'));
  const indent = '  '.repeat(item.depth);
  return lines.map((line, i) => (i > first ? line : `${indent}${i === first ? '- ' : ''}${line.trimStart()}`));
}

/** A value behind its key, on the same line; a list of longer entries goes on the lines below. */
function inline(value: unknown, indent: string): string {
  if (!Array.isArray(value)) return ` ${flow(value)}`;
  if (value.every((item) => typeof item !== 'object' && String(item).length < 30))
    return ` [${value.map(flow).join(', ')}]`;
  return value.map((item) => `\n${indent}  - ${flow(item)}`).join('');
}

function flow(value: unknown): string {
  const text = stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
  return text.replaceAll(/\[ ([^[\]]*) \]/g, '[$1]');
}

interface LeftOut {
  readonly key: string;
  readonly schema: z.core.$ZodType;
  readonly sample: SampleSite;
}

/** The lines of a field that the sample leaves out, to be commented: its default, or what it takes. */
function leftOut({ key, schema, sample }: LeftOut): string[] {
  const { meta, defaultValue } = unwrapSchema(schema);
  const derived = meta.derivedDefault === undefined ? undefined : derivedValue(meta.derivedDefault, sample);
  if (derived !== undefined) return [`${key}: ${derived}`];
  if (defaultValue !== undefined && !isEmpty(defaultValue)) return entryOf(key, defaultValue);
  const children = childrenOf(schema);
  if (children.size > 0)
    return [
      `${key}:`,
      ...[...children].flatMap(([name, child]) =>
        leftOut({ key: name, schema: child, sample }).map((line) => `  ${line}`),
      ),
    ];
  return [`${key}: <${describeType(schema).replace(' that is not empty', '')}>`];
}

/** What a default such as `${platform.host}:11443` comes to in this sample; undefined for one that is said in words. */
function derivedValue(derivedDefault: string, sample: SampleSite): string | undefined {
  if (derivedDefault.includes(' ')) return undefined;
  const template = derivedDefault.includes('${') ? derivedDefault : `\${${derivedDefault}}`;
  const value = template.replaceAll(/\$\{([^}]+)\}/g, (whole, path: string) => {
    const found = valueAt(sample, parsePath(path));
    return typeof found === 'string' ? found : whole;
  });
  return value.includes('${') ? undefined : value;
}

function entryOf(key: string, value: unknown): string[] {
  return `${key}:${inline(value, '')}`.split('\n').map((line) => line.trimEnd());
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** Names the guide's variable behind the value, so that readers of the guide find their way. */
function withVariable(lines: readonly string[], { meta }: UnwrappedSchema): string[] {
  const [first = '', ...rest] = lines;
  if (meta.guideVariable === undefined || meta.guideVariable.includes(',')) return [...lines];
  return [`${first} # ${meta.guideVariable}`, ...rest];
}

function wrap(text: string, indent: string): string[] {
  if (text === '') return [];
  const lines: string[] = [];
  let line = `${indent}#`;
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width && line !== `${indent}#`) {
      lines.push(line);
      line = `${indent}#`;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
