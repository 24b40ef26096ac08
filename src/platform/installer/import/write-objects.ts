import { type KubeClient } from '../../../kube/index.ts';
import {
  byResource,
  concurrently,
  nodeKey,
  orderByOwnership,
  type ObjectNode,
  type ObjectWriter,
} from '../../move/index.ts';
import { namespaceOf } from './import-item.ts';
import type { Survey } from './survey.ts';

/** Requests to the target at a time. */
const WRITES = 16;

/**
 * Writes objects through the target's API, owners before dependents; then references and states, which need every object in
 * its place. The source is read again page by page, so that memory holds no more than a page. Resolves with the number of
 * objects that were created or changed.
 */
export async function writeObjects(options: {
  readonly source: KubeClient;
  readonly writer: ObjectWriter;
  /** All of the import decides the order; owners among its keys are in their place already. */
  readonly survey: Survey;
  readonly isDue: (node: ObjectNode) => boolean;
  readonly signal: AbortSignal;
  /** Called for each object that was written, and again for each that was completed. */
  readonly onStep: () => void;
}): Promise<number> {
  const { source, writer, survey, isDue, signal, onStep } = options;
  let written = 0;
  const visit = async (nodes: readonly ObjectNode[], step: 'write' | 'complete'): Promise<void> => {
    for (const { resource, nodes: group } of byResource(nodes)) {
      const due = new Set(group.map(nodeKey));
      for await (const { items } of source.listPages(resource, { namespace: namespaceOf(resource), signal }))
        await concurrently(items, WRITES, async (object) => {
          const { name = '', namespace } = object.metadata;
          if (!due.has(nodeKey({ resource, name, namespace }))) return;
          signal.throwIfAborted();
          if (step === 'complete') await writer.complete(resource, object);
          else if ((await writer.write(resource, object)) !== 'unchanged') written++;
          onStep();
        });
    }
  };
  const throughApi = new Set(survey.objects);
  for (const { uid } of survey.keys) writer.uids.set(uid, uid);
  for (const level of orderByOwnership<ObjectNode>([...survey.keys, ...survey.objects]))
    await visit(
      level.filter((node) => throughApi.has(node) && isDue(node)),
      'write',
    );
  await visit(survey.objects.filter(isDue), 'complete');
  return written;
}
