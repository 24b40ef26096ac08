import { isIP } from 'node:net';
import { isObject, textOf } from '../../json.ts';
import { labelKeyFaults, labelValueFaults } from '../../names.ts';
import type { StatusCause } from '../../status-error.ts';
import { GoSyntax, invalid } from './faults.ts';

/** Checks of texts and numbers that many kinds share, with the API server's explanations. */

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

export const LABEL_MAX = 63;
export const SUBDOMAIN_MAX = 253;

export const tooManyCharacters = (max: number): string => `must be no more than ${String(max)} characters`;

export function dnsLabel(field: string, value: string): StatusCause[] {
  if (value.length > LABEL_MAX) return [invalid(field, value, tooManyCharacters(LABEL_MAX))];
  return LABEL.test(value) ? [] : [invalid(field, value, LABEL_TEXT)];
}

export function dnsSubdomain(field: string, value: string): StatusCause[] {
  if (value.length > SUBDOMAIN_MAX) return [invalid(field, value, tooManyCharacters(SUBDOMAIN_MAX))];
  return SUBDOMAIN.test(value) ? [] : [invalid(field, value, SUBDOMAIN_TEXT)];
}

/** A label that begins with a letter. `read` is what is looked at where the value is shown as it is. */
export function label1035(
  field: string,
  value: string,
  options: { read?: string; prefix?: string } = {},
): StatusCause[] {
  const { read = value, prefix = '' } = options;
  const faults: string[] = [];
  if (read.length > LABEL_MAX) faults.push(tooManyCharacters(LABEL_MAX));
  if (!LABEL_1035.test(read)) faults.push(LABEL_1035_TEXT);
  return faults.length === 0 ? [] : [invalid(field, value, `${prefix}${faults.join(',')}`)];
}

const PORT_NAME_MAX = 15;

export function portName(field: string, value: string): StatusCause[] {
  if (value.length > PORT_NAME_MAX) return [invalid(field, value, tooManyCharacters(PORT_NAME_MAX))];
  const faults: StatusCause[] = [];
  if (!/^[-a-z0-9]+$/.test(value))
    faults.push(invalid(field, value, 'must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)'));
  if (!/[a-z]/.test(value)) faults.push(invalid(field, value, 'must contain at least one letter (a-z)'));
  if (value.includes('--')) faults.push(invalid(field, value, 'must not contain consecutive hyphens'));
  if (value.startsWith('-') || value.endsWith('-'))
    faults.push(invalid(field, value, 'must not begin or end with a hyphen'));
  return faults;
}

export function portNumber(field: string, value: unknown): StatusCause[] {
  return typeof value === 'number' && value >= 1 && value <= 65_535
    ? []
    : [invalid(field, value, 'must be between 1 and 65535, inclusive')];
}

/** A port by its number or by its name. */
export function portReference(field: string, value: unknown): StatusCause[] {
  return typeof value === 'string' ? portName(field, value) : portNumber(field, value);
}

export function ipAddress(field: string, value: string): StatusCause[] {
  return isIP(value) === 0
    ? [invalid(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
    : [];
}

export function cidr(field: string, value: string): StatusCause[] {
  const [address = '', bits = '', ...rest] = value.split('/');
  const family = isIP(address);
  const isValid =
    rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return isValid ? [] : [invalid(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}

/** Keys like `app` or `example.com/app`. */
export function qualifiedName(field: string, value: string): StatusCause[] {
  return labelKeyFaults(value).map((text) => invalid(field, value, text));
}

/** A map of labels. */
export function labelMap(field: string, labels: unknown): StatusCause[] {
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedName(field, key),
    ...labelValueFaults(textOf(value)).map((text) => invalid(field, value, text)),
  ]);
}

const SMALLEST_PATH = /(^|\/)\.\.(\/|$)/;

/** A path below a volume. */
export function relativePath(field: string, value: string): StatusCause[] {
  const faults = value.startsWith('/') ? [invalid(field, value, 'must be a relative path')] : [];
  return SMALLEST_PATH.test(value) ? [...faults, invalid(field, value, "must not contain '..'")] : faults;
}

/** `5` or `"25%"`, not negative. `limited` refuses more than 100%. */
export function countOrPercent(field: string, value: unknown, limited = false): StatusCause[] {
  if (typeof value === 'number') return value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : [];
  if (typeof value !== 'string') return [];
  if (!/^[0-9]+%$/.test(value))
    return [
      invalid(
        field,
        goIntOrString(value),
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ];
  return limited && Number.parseInt(value, 10) > 100
    ? [invalid(field, goIntOrString(value), 'must not be greater than 100%')]
    : [];
}

export function goIntOrString(value: unknown): GoSyntax {
  return typeof value === 'string'
    ? new GoSyntax(`intstr.IntOrString{Type:1, IntVal:0, StrVal:${JSON.stringify(value)}}`)
    : new GoSyntax(`intstr.IntOrString{Type:0, IntVal:${String(value)}, StrVal:""}`);
}

/** `map[string]string{"a":"b"}`, its keys sorted. */
export function goTextMap(map: unknown): string {
  if (!isObject(map) || Object.keys(map).length === 0) return 'map[string]string(nil)';
  const entries = Object.keys(map)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`);
  return `map[string]string{${entries.join(', ')}}`;
}

export function goTexts(list: readonly unknown[]): string {
  return `[]string{${list.map((item) => JSON.stringify(item)).join(', ')}}`;
}
