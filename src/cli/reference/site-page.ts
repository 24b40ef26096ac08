import {
  childrenOf,
  describeType,
  fieldsOf,
  siteSchemaOf,
  unwrapSchema,
  type SchemaField,
  type SiteParts,
} from '../../site/index.ts';

/** docs/reference/site.md: every field of a site file, the common ones first, then what each provider adds. */
export function sitePage(parts: readonly SiteParts[]): string {
  const perProvider = parts.map((part) => ({ part, fields: [...fieldsOf(siteSchemaOf(part))] }));
  const [first, ...rest] = perProvider;
  if (first === undefined) return '';
  const common = first.fields.filter(
    ({ path }) => rest.every(({ fields }) => fields.some((field) => field.path === path)) && !isOwn(path),
  );
  const commonPaths = new Set(common.map(({ path }) => path));
  const sections = perProvider.map(({ part, fields }) => {
    const own = fields.filter(({ path }) => !commonPaths.has(path));
    return [`## provider: ${part.id}`, '', table(own)].join('\n');
  });
  return `# Fields of the site file

Generated from the schema; do not edit. \`globalctl explain FIELD\` shows the same in the terminal, also for a variable of the guide.
Secrets are references: \`env:NAME\` or \`file:PATH\`, relative to the folder of the site file. \`[]\` stands for any entry of a list.

## For every provider

${table(common)}

${sections.join('\n\n')}
`;
}

/** Machines have fields of their own on each provider, even where names happen to agree. */
function isOwn(path: string): boolean {
  return path.includes('.machine.') || /^(?:controlPlane|workers\[\])\.nodes\[\]\.(?!hostname$|ip$)/.test(path);
}

function table(fields: readonly SchemaField[]): string {
  const rows = fields.map(
    (field) => `| \`${field.path}\` | ${cell(what(field))} | ${cell(defaultOf(field))} | ${cell(meaning(field))} |`,
  );
  return ['| Field | Value | Default | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function what({ path, field }: SchemaField): string {
  if (path === 'provider') return 'the name of a provider below';
  const described = describeType(field.schema).replace(/ \(.*\)$/s, '');
  return field.meta.secret ? 'a secret reference' : (field.meta.expects ?? described);
}

/** The default in words; `required` where there is none. */
export function defaultOf({ field }: SchemaField): string {
  if (field.meta.derivedDefault !== undefined) return field.meta.derivedDefault;
  if (!field.optional) return 'required';
  const { defaultValue } = field;
  if (defaultValue === undefined) return 'none';
  if (typeof defaultValue === 'object' && defaultValue !== null && Object.keys(defaultValue).length === 0) {
    if (Array.isArray(defaultValue)) return 'empty';
    return [...childrenOf(field.schema).values()].every((child) => unwrapSchema(child).optional)
      ? 'the defaults of its fields'
      : 'required';
  }
  return typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue);
}

function meaning({ field }: SchemaField): string {
  const { description = '', guideVariable } = field.meta;
  return guideVariable === undefined ? description : `${description} Guide: ${guideVariable}.`;
}
