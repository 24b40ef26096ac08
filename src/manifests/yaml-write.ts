import { Document } from 'yaml';
import type { KubeObject } from '../kube/index.ts';

/**
 * Objects as one YAML text, one document each, keys in the order of the objects. Written for readers of YAML 1.1 too, which
 * kubectl is: words such as `on` and numbers with colons are quoted. Text of several lines becomes a block, long lines are
 * never folded, and nothing is shared by anchors, so that every document can be read by itself.
 */
export function writeManifest(objects: readonly KubeObject[]): string {
  return objects.map((object) => `---\n${writeObject(object)}`).join('');
}

export function writeObject(object: unknown): string {
  const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false });
  return document.toString({ lineWidth: 0, indentSeq: true });
}
