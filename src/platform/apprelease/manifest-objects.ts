import { parseAllDocuments } from 'yaml';
import { GlobalctlError } from '../../base/index.ts';
import { fieldAt, type KubeObject } from '../../kube/index.ts';

/** YAML 1.1's dates and base-60 numbers, which Helm's parser leaves as the text they are. */
function isForeign(tag: { readonly tag: string; readonly format?: string | undefined }): boolean {
  return tag.tag === 'tag:yaml.org,2002:timestamp' || tag.format === 'TIME';
}

/**
 * The objects of a manifest that Helm rendered; lists are taken apart. Read as Helm reads it, which is YAML 1.1: `0644` is an
 * octal number, `yes` is true. Throws PACKAGE_INVALID.
 */
export function manifestObjects(manifest: string, where: string): KubeObject[] {
  const documents = parseAllDocuments(manifest, {
    version: '1.1',
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isForeign(tag)),
  });
  return documents.flatMap((document) => {
    const [error] = document.errors;
    if (error)
      throw new GlobalctlError('PACKAGE_INVALID', {
        message: `${where}: the manifest cannot be read: ${error.message}`,
        subject: where,
      });
    return objectsOf(document.toJS());
  });
}

function objectsOf(value: unknown): KubeObject[] {
  const [kind, items] = [fieldAt(value, 'kind'), fieldAt(value, 'items')];
  if (typeof kind !== 'string') return [];
  return kind.endsWith('List') && Array.isArray(items) ? items.flatMap(objectsOf) : [value as KubeObject];
}
