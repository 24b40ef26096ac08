import { isPresent, schemaOf, type RawSchema } from './schema-parts.ts';

/** The schema that a path such as `.spec.size` or `.labels['a.b']` names, and the path as the server writes it; else what is wrong. */
export type FieldOfPath = { readonly schema: RawSchema; readonly path: string } | { readonly fault: string };

/** `allowsBrackets` is false for the paths of selectable fields. */
export function fieldOfPath(root: RawSchema, jsonPath: string, options = { allowsBrackets: true }): FieldOfPath {
  const tokens = jsonPath.match(/'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]']+|'/g) ?? [];
  let schema = root;
  let path = '';
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (token === '[') {
      if (!options.allowsBrackets) return { fault: 'array notation is not allowed' };
      const quoted = tokens[++i];
      if (quoted === undefined) return { fault: 'unexpected end of JSON path' };
      if (!/^'.*'$/s.test(quoted)) return { fault: `expected single quoted string but got ${quoted}` };
      const name = quoted.slice(1, -1).replace(/\\(.)/g, '$1');
      const values = schema['additionalProperties'];
      const next = schemaOf(schema, 'properties')
        ? schemaOf(schemaOf(schema, 'properties'), name)
        : isPresent(values)
          ? (schemaOf(schema, 'additionalProperties') ?? {})
          : undefined;
      if (!next) return { fault: 'does not refer to a valid field' };
      path += schemaOf(schema, 'properties') ? `.${name}` : `[${name}]`;
      schema = next;
      const end = tokens[++i];
      if (end === undefined) return { fault: 'unexpected end of JSON path' };
      if (end !== ']') return { fault: `expected ] but got ${end}` };
    } else if (token === '.') {
      const name = tokens[++i];
      if (name === undefined) return { fault: 'unexpected end of JSON path' };
      const next = schemaOf(schemaOf(schema, 'properties'), name);
      if (!next) return { fault: 'does not refer to a valid field' };
      path += path === '' ? name : `.${name}`;
      schema = next;
    } else return { fault: `expected [ or . but got: ${token ?? ''}` };
  }
  return { schema, path };
}
