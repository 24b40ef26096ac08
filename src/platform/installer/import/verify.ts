import { GlobalctlError } from '../../../base/index.ts';
import {
  describeObject,
  fieldAt,
  isCounterpart,
  qualifiedName,
  type KubeClient,
  type KubeObject,
  type OwnerReference,
  type Resource,
} from '../../../kube/index.ts';
import {
  byResource,
  contentDigest,
  describeNode,
  differingFields,
  isClusterApiGroup,
  nodeKey,
  withUids,
  type ObjectNode,
} from '../../move/index.ts';
import { namespaceOf } from './import-item.ts';
import type { Survey } from './survey.ts';

export interface VerifyImportOptions {
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly survey: Survey;
  /** Resources of which everything is imported: the target must hold nothing else of them. */
  readonly whole: readonly Resource[];
  readonly signal?: AbortSignal | undefined;
  /** Called for each object of the survey that was found. */
  readonly onSeen?: (() => void) | undefined;
}

/**
 * Reads everything back through the target's API: each object is there, as the counterpart of its source (the same uid where
 * its key was copied) and with the same content, owners resolve, and there is nothing that the source does not have. Throws
 * IMPORT_UNVERIFIED with the differences.
 */
export async function verifyImport(options: VerifyImportOptions): Promise<{ readonly objects: number }> {
  const { source, target, survey, signal } = options;
  const whole = new Set(options.whole.map(qualifiedName));
  const differences: string[] = [];
  const copied = new Set<ObjectNode>(survey.keys);
  /** Uids of the target, with those of the source. */
  const sourceUids = new Map<string, string>();
  const owned: { readonly object: string; readonly owners: readonly OwnerReference[] }[] = [];
  const mentions: { readonly node: ObjectNode; readonly object: KubeObject }[] = [];
  for (const { resource, nodes } of byResource([...survey.keys, ...survey.objects])) {
    const missing = new Map(nodes.map((node) => [nodeKey(node), node]));
    for await (const { items } of target.listPages(resource, { namespace: namespaceOf(resource), signal }))
      for (const object of items) {
        const { name = '', namespace, uid = '', ownerReferences: owners = [] } = object.metadata;
        const key = nodeKey({ resource, name, namespace });
        const node = missing.get(key);
        if (node === undefined) {
          if (whole.has(qualifiedName(resource)) && isClusterApiGroup(resource.group))
            differences.push(`${describeObject(object)} is only in the new cluster`);
          continue;
        }
        missing.delete(key);
        options.onSeen?.();
        if (copied.has(node) ? uid !== node.uid : !isCounterpart(object, node.uid)) {
          const same = !copied.has(node) && contentDigest(object) === node.digest;
          if (!same) differences.push(`${describeObject(object)} is another object: uid ${uid}, expected ${node.uid}`);
        }
        sourceUids.set(uid, node.uid);
        if (owners.length > 0) owned.push({ object: describeObject(object), owners });
        // References to objects that are read later are looked at when all are known.
        if (contentDigest(object) !== node.digest) mentions.push({ node, object });
      }
    for (const node of missing.values()) differences.push(`${describeNode(node)} is missing`);
  }
  for (const { node, object } of mentions)
    if (contentDigest(withUids(object, sourceUids)) !== node.digest)
      differences.push(
        `${describeObject(object)} has another ${await otherFields({ source, node, object, sourceUids })}`,
      );
  for (const { object, owners } of owned)
    for (const owner of owners)
      if (!sourceUids.has(owner.uid) && !(await resolves(target, owner, signal)))
        differences.push(`${object}: its owner ${owner.kind} ${owner.name} is missing`);
  if (differences.length > 0)
    throw new GlobalctlError('IMPORT_UNVERIFIED', {
      message: `${String(differences.length)} differences after the import: ${differences.slice(0, 10).join('; ')}`,
    });
  return { objects: sourceUids.size };
}

/** For owners that were not imported: an object of that uid must be in the target. */
async function resolves(target: KubeClient, owner: OwnerReference, signal?: AbortSignal): Promise<boolean> {
  const resource = await target.resolve(owner.apiVersion, owner.kind, signal);
  const present = await target.find(resource, { name: owner.name, namespace: namespaceOf(resource) }, signal);
  return fieldAt(present, 'metadata', 'uid') === owner.uid;
}

/** Which fields differ, for the message: the source is read again. */
async function otherFields(options: {
  readonly source: KubeClient;
  readonly node: ObjectNode;
  readonly object: KubeObject;
  readonly sourceUids: ReadonlyMap<string, string>;
}): Promise<string> {
  const { source, node, object, sourceUids } = options;
  const original = await source.find(node.resource, { name: node.name, namespace: node.namespace });
  if (original === undefined) return 'content than its source had, which is gone';
  return differingFields(original, withUids(object, sourceUids)).join(' and ') || 'content than its source had';
}
