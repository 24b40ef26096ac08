import type { KubeObject } from '../../../../kube/index.ts';
import { equalJson, isObject, textOf, type JsonObject } from '../../json.ts';
import type { StatusCause } from '../../status-error.ts';
import { forbidden, immutable, invalid, required, tooLong } from './faults.ts';

/** Secrets and ConfigMaps. */

const MAX_BYTES = 1024 * 1024;
const KEY_MAX = 253;

/** Keys that a Secret's type demands. */
const secretKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};
const ACCOUNT = 'kubernetes.io/service-account.name';

const mapOf = (value: unknown): JsonObject => (isObject(value) ? value : {});
const decoded = (value: unknown): Buffer => Buffer.from(textOf(value), 'base64');

export function secretFaults(secret: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const data = mapOf(secret.data);
  const faults = Object.keys(data).flatMap((key) => keyFaults(key, 'data'));
  const size = Object.values(data).reduce<number>((sum, value) => sum + decoded(value).length, 0);
  if (size > MAX_BYTES) faults.push(tooLong('data', MAX_BYTES));
  const type = textOf(secret.type);
  for (const key of secretKeys[type] ?? []) {
    if (data[key] === undefined) faults.push(required(`data[${key}]`));
    else if (key.startsWith('.docker')) faults.push(...jsonFaults(`data[${key}]`, decoded(data[key]).toString('utf8')));
  }
  if (type === 'kubernetes.io/basic-auth' && data.username === undefined && data.password === undefined)
    faults.push(required('data[username]'), required('data[password]'));
  if (type === 'kubernetes.io/service-account-token' && (secret.metadata.annotations?.[ACCOUNT] ?? '') === '')
    faults.push(required(`metadata.annotations[${ACCOUNT}]`));
  if (old && secret.type !== old.type) faults.push(immutable('type', secret.type));
  return [...faults, ...immutableDataFaults(secret, old)];
}

function jsonFaults(field: string, text: string): StatusCause[] {
  try {
    JSON.parse(text);
    return [];
  } catch {
    const why =
      text === ''
        ? 'unexpected end of JSON input'
        : `invalid character '${text.trimStart().charAt(0)}' looking for beginning of value`;
    return [invalid(field, '<secret contents redacted>', why)];
  }
}

export function configMapFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const data = mapOf(object.data);
  const binary = mapOf(object.binaryData);
  const faults = Object.keys(data).flatMap((key) => [
    ...keyFaults(key, 'data'),
    ...(binary[key] === undefined ? [] : [invalid(`data[${key}]`, key, 'duplicate of key present in binaryData')]),
  ]);
  faults.push(...Object.keys(binary).flatMap((key) => keyFaults(key, 'binaryData')));
  const size =
    Object.values(data).reduce<number>((sum, value) => sum + Buffer.byteLength(textOf(value)), 0) +
    Object.values(binary).reduce<number>((sum, value) => sum + decoded(value).length, 0);
  // The real server names no field here.
  if (size > MAX_BYTES) faults.push(tooLong('[]', MAX_BYTES));
  return [...faults, ...immutableDataFaults(object, old)];
}

function keyFaults(key: string, field: string): StatusCause[] {
  const wrong = (why: string): StatusCause[] => [invalid(`${field}[${key}]`, key, why)];
  if (key.length > KEY_MAX) return wrong(`must be no more than ${String(KEY_MAX)} characters`);
  if (!/^[-._a-zA-Z0-9]+$/.test(key))
    return wrong(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  if (key === '.' || key === '..') return wrong(`must not be '${key}'`);
  return key.startsWith('..') ? wrong("must not start with '..'") : [];
}

function immutableDataFaults(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  if (old?.immutable !== true) return [];
  return ['immutable', 'data', 'binaryData']
    .filter((field) => !equalJson(object[field], old[field]))
    .map((field) => forbidden(field, 'field is immutable when `immutable` is set'));
}
