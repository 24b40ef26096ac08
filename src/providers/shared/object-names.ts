const label = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const labelForm = new RegExp(`^${label}$`);
const subdomainForm = new RegExp(`^${label}(?:\\.${label})*$`);
const qualifiedForm = /^(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** A DNS-1123 label: Namespaces, and names that become labels of other objects. */
export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && labelForm.test(text);
}

/** A DNS-1123 subdomain: names of most objects and of nodes. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && subdomainForm.test(text);
}

/** An RFC 1035 label: Services, whose names begin with a letter. */
export function isServiceName(text: string): boolean {
  return isDnsLabel(text) && /^[a-z]/.test(text);
}

/** The key of a label or annotation: a name of 63 characters, behind a domain and a slash where it has one. */
export function isLabelKey(text: string): boolean {
  const [name = '', domain, ...rest] = text.split('/').reverse();
  if (rest.length > 0 || name.length > 63 || !qualifiedForm.test(name)) return false;
  return domain === undefined || isDnsSubdomain(domain);
}

export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= 63 && qualifiedForm.test(text));
}
