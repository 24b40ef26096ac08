/** Content negotiation as far as Kubernetes clients use it. */

export interface MediaType {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters: Record<string, string> = {};
  for (const part of rest) {
    const [key = '', value = ''] = part.split('=');
    parameters[key.trim()] = value.trim();
  }
  return { type: type.toLowerCase(), parameters };
}

/** What an Accept header names, in its order. */
export function parseAccept(header: string | undefined): MediaType[] {
  return (header === undefined || header === '' ? '*/*' : header).split(',').map(parseMediaType);
}

export type Encoding = 'json' | 'yaml';

/** How objects are to look in an answer. */
export interface Representation {
  readonly form: 'object' | 'table' | 'partial' | 'partial-list';
  /** Version of meta.k8s.io in which Tables and metadata are wanted. */
  readonly version: 'v1' | 'v1beta1';
  readonly encoding: Encoding;
}

const ENCODINGS: Readonly<Record<string, Encoding>> = {
  'application/json': 'json',
  'application/*': 'json',
  '*/*': 'json',
  'application/yaml': 'yaml',
};
const FORMS: Readonly<Record<string, Representation['form']>> = {
  Table: 'table',
  PartialObjectMetadata: 'partial',
  PartialObjectMetadataList: 'partial-list',
};

/** The first acceptable representation; undefined when nothing that is asked for can be given. Streams are never YAML. */
export function negotiate(accept: readonly MediaType[], stream = false): Representation | undefined {
  for (const media of accept) {
    const encoding = ENCODINGS[media.type];
    if (encoding === undefined || (stream && encoding === 'yaml')) continue;
    const { as, g, v } = media.parameters;
    if (as === undefined) return { form: 'object', version: 'v1', encoding };
    const form = FORMS[as];
    if (form !== undefined && g === 'meta.k8s.io' && (v === 'v1' || v === 'v1beta1'))
      return { form, version: v, encoding };
  }
  return undefined;
}

/** The media types that an answer may have, for messages. */
export function offered(stream: boolean): string {
  return stream ? 'application/json;stream=watch' : 'application/json, application/yaml';
}
