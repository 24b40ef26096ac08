/** Fields of Cluster API objects that name a Secret, or hold a reference to one. */
const REFERENCES = /^(identityRef|encryptionProviderConfigRef|dataSecretName|secret|.*[sS]ecret(Ref|Name)?)$/;
const DEEPEST = 12;

/** The names of the Secrets that an object's spec and status speak of: credentials, bootstrap data, contents of files. */
export function secretReferences(object: Readonly<Record<string, unknown>>): string[] {
  const names = new Set<string>();
  const walk = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEEPEST) return;
    for (const [field, inner] of Object.entries(value)) {
      if (REFERENCES.test(field) && !Array.isArray(value)) {
        const name = typeof inner === 'string' ? inner : nameOf(inner);
        if (name !== undefined && name !== '') names.add(name);
      }
      walk(inner, depth + 1);
    }
  };
  walk(object['spec'], 0);
  walk(object['status'], 0);
  return [...names];
}

function nameOf(reference: unknown): string | undefined {
  if (typeof reference !== 'object' || reference === null) return undefined;
  const { kind, name } = reference as { readonly kind?: unknown; readonly name?: unknown };
  return typeof name === 'string' && (kind === undefined || kind === 'Secret') ? name : undefined;
}
