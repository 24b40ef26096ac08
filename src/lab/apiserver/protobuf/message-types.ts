import { MESSAGE_FIELDS, MESSAGE_KINDS } from './message-table.ts';

/**
 * The notation of the table: `name=NUMBER[container]TYPE[!]`. Containers: `[]` repeated, `{}` a map with text keys. Types: `s` text,
 * `i` whole number, `b` boolean, `d` floating point, `y` bytes, `q` Quantity, `t` Time, `u` MicroTime, `D` Duration, `o`
 * IntOrString, `r` RawExtension (or any JSON), `f` FieldsV1, `x` ExtraValue, `A`, `B`, `S` a JSON schema or a list of them, a boolean, a
 * list of texts, `@MESSAGE`. `!` marks fields whose zero value means something
 * (pointers, and fields that JSON always has). The name `~` is a message whose fields belong to the outer object in JSON.
 */
export interface MessageField {
  readonly name: string;
  readonly container: '' | '[]' | '{}';
  readonly type: string;
  readonly keepsZero: boolean;
}

export type MessageType = ReadonlyMap<number, MessageField>;

let tables: { kinds: Map<string, string>; messages: Map<string, string> } | undefined;
const parsed = new Map<string, MessageType>();

function load(): NonNullable<typeof tables> {
  if (tables) return tables;
  const kinds = new Map<string, string>();
  for (const line of MESSAGE_KINDS.trim().split('\n')) {
    const [apiVersion = '', kind = '', message = ''] = line.split(' ');
    kinds.set(`${apiVersion} ${kind}`, message);
  }
  const messages = new Map<string, string>();
  for (const line of MESSAGE_FIELDS.trim().split('\n')) {
    const space = line.indexOf(' ');
    messages.set(line.slice(0, space), line.slice(space + 1));
  }
  tables = { kinds, messages };
  return tables;
}

/** The message in which a kind travels; undefined when it is none that typed clients send. */
export function messageOfKind(apiVersion: string, kind: string): string | undefined {
  // DeleteOptions go by the group of what is deleted.
  if (kind === 'DeleteOptions') return 'meta.v1.DeleteOptions';
  return load().kinds.get(`${apiVersion} ${kind}`);
}

export function messageType(name: string): MessageType {
  let type = parsed.get(name);
  if (type) return type;
  type = new Map(
    (load().messages.get(name) ?? '')
      .split(' ')
      .filter((text) => text !== '')
      .map(parseField),
  );
  parsed.set(name, type);
  return type;
}

function parseField(text: string): [number, MessageField] {
  const match = /^([^=]+)=(\d+)(\[\]|\{\})?([^!]+)(!?)$/.exec(text);
  const [, name = '', number = '0', container = '', type = '', keep = ''] = match ?? [];
  return [
    Number(number),
    { name, container: container === '[]' || container === '{}' ? container : '', type, keepsZero: keep === '!' },
  ];
}
