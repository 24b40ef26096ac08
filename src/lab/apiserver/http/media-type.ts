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
  return (header ?? '*/*').split(',').map(parseMediaType);
}

export function isJson(media: MediaType): boolean {
  return ['application/json', '*/*', 'application/*'].includes(media.type);
}

/** The form in which objects are wanted. */
export type ObjectForm = 'object' | 'table' | 'partial' | 'partial-list';

/** The first acceptable form; undefined when nothing that is asked for can be given. */
export function objectForm(accept: readonly MediaType[]): ObjectForm | undefined {
  for (const media of accept) {
    if (!isJson(media)) continue;
    const { as, g, v } = media.parameters;
    if (as === undefined) return 'object';
    if (g !== 'meta.k8s.io' || v !== 'v1') continue;
    if (as === 'Table') return 'table';
    if (as === 'PartialObjectMetadata') return 'partial';
    if (as === 'PartialObjectMetadataList') return 'partial-list';
  }
  return undefined;
}
