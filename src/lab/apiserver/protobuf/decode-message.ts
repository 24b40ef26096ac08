import { messageType, type MessageField } from './message-types.ts';
import { wireFields } from './wire-reader.ts';

type Json = Record<string, unknown>;

/** Decodes a message into the object that the same kind has in JSON: zero values that JSON leaves out are left out. */
export function decodeMessage(name: string, bytes: Buffer): Json {
  const object: Json = {};
  const fields = messageType(name);
  for (const { number, value } of wireFields(bytes)) {
    const field = fields.get(number);
    if (field) store(object, field, value);
  }
  return object;
}

function store(object: Json, field: MessageField, value: bigint | Buffer): void {
  if (field.name === '~') {
    if (typeof value !== 'bigint') Object.assign(object, decodeMessage(field.type.slice(1), value));
    return;
  }
  if (field.container === '{}') {
    if (typeof value === 'bigint') return;
    const entries = (object[field.name] ??= {}) as Json;
    const [key, entry] = mapEntry(field, value);
    entries[key] = entry;
    return;
  }
  const decoded = decodeValue(field.type, value);
  if (field.container === '[]') {
    const items = (object[field.name] ??= []) as unknown[];
    items.push(decoded);
    return;
  }
  if (decoded === undefined || (!field.keepsZero && isZero(decoded))) return;
  object[field.name] = decoded;
}

function mapEntry(field: MessageField, bytes: Buffer): [string, unknown] {
  let key = '';
  let entry: unknown = decodeValue(field.type, Buffer.alloc(0));
  for (const { number, value } of wireFields(bytes)) {
    if (number === 1 && typeof value !== 'bigint') key = value.toString('utf8');
    if (number === 2) entry = decodeValue(field.type, value);
  }
  return [key, entry];
}

function isZero(value: unknown): boolean {
  return value === '' || value === 0 || value === false;
}

/** undefined for a value that means nothing, such as the zero Time. */
function decodeValue(type: string, value: bigint | Buffer): unknown {
  if (typeof value === 'bigint') return type === 'b' ? value !== 0n : Number(value);
  switch (type) {
    case 's':
      return value.toString('utf8');
    case 'y':
      return value.toString('base64');
    case 'd':
      return value.length === 8 ? value.readDoubleLE() : value.length === 4 ? value.readFloatLE() : 0;
    case 'i':
      return 0;
    case 'b':
      return false;
    case 'q':
      return textField(value, 1) ?? '0';
    case 't':
    case 'u':
      return decodeTime(value, type === 'u');
    case 'D':
      return `${String(Number(numberField(value, 1) ?? 0n) / 1e9)}s`;
    case 'o':
      return numberField(value, 1) === 1n ? (textField(value, 3) ?? '') : Number(numberField(value, 2) ?? 0n);
    case 'r':
    case 'f': {
      const text = textField(value, 1);
      return text === undefined || text === '' ? undefined : (JSON.parse(text) as unknown);
    }
    case 'A':
    case 'B':
    case 'S':
      return schemaOr(type, value);
    case 'x':
      return [...wireFields(value)].map((item) => String(item.value));
    default:
      return decodeMessage(type.slice(1), value);
  }
}

const SCHEMA = 'apiextensions.v1.JSONSchemaProps';

/** What stands in a schema where another schema can stand too: a list of schemas, a boolean, or a list of property names. */
function schemaOr(type: 'A' | 'B' | 'S', bytes: Buffer): unknown {
  const fields = [...wireFields(bytes)];
  const messages = (number: number): Buffer[] =>
    fields.flatMap(({ number: n, value }) => (n === number && typeof value !== 'bigint' ? [value] : []));
  const [schema] = messages(type === 'B' ? 2 : 1);
  if (schema !== undefined) return decodeMessage(SCHEMA, schema);
  if (type === 'A') return messages(2).map((item) => decodeMessage(SCHEMA, item));
  return type === 'B' ? numberField(bytes, 1) === 1n : messages(2).map((item) => item.toString('utf8'));
}

function textField(bytes: Buffer, number: number): string | undefined {
  for (const field of wireFields(bytes))
    if (field.number === number && typeof field.value !== 'bigint') return field.value.toString('utf8');
  return undefined;
}

function numberField(bytes: Buffer, number: number): bigint | undefined {
  for (const field of wireFields(bytes))
    if (field.number === number && typeof field.value === 'bigint') return field.value;
  return undefined;
}

/** Seconds and nanoseconds since the epoch; the zero Time has no seconds at all or those of the year 1. */
function decodeTime(bytes: Buffer, micro: boolean): string | undefined {
  const seconds = numberField(bytes, 1);
  if (seconds === undefined || seconds < -62_000_000_000n) return undefined;
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  const microseconds = Math.floor(Number(numberField(bytes, 2) ?? 0n) / 1000);
  return micro ? `${whole}.${String(microseconds).padStart(6, '0')}Z` : `${whole}Z`;
}
