import { toGlobalctlError } from '../../../base/index.ts';
import type { KubeClient } from '../../../kube/index.ts';
import { concurrently, orderByOwnership, takeBack } from '../../move/index.ts';
import { attachedItems } from './attached-items.ts';
import { methodOf, resumeSource, sourceCluster, withdraw } from './handover.ts';
import { itemsOf } from './import.ts';
import { surveySource } from './survey.ts';

const REQUESTS = 16;

/**
 * Takes an import back that has not ended: no release can come any more, the copies are taken out of the target, dependents
 * before owners, and the source's controllers get their objects back. The target's definitions stay. May be interrupted and
 * run again. A target that does not answer keeps its copies, paused, which is said in `left`. Throws IMPORT_HANDED_OVER when
 * the target's controllers own the objects already.
 */
export async function goBack(options: {
  readonly source: KubeClient;
  readonly target: KubeClient;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}): Promise<{ readonly removed: number; readonly left: string | undefined }> {
  const { source, target, signal, log } = options;
  await withdraw(source, target, signal);
  log('the import is withdrawn: the new cluster cannot be given the objects any more');
  let removed = 0;
  let left: string | undefined;
  try {
    removed = await removeCopies(source, target, signal);
    log(`${String(removed)} copies taken out of the new cluster`);
  } catch (thrown) {
    const error = toGlobalctlError(thrown);
    if (error.code !== 'KUBE_UNREACHABLE') throw thrown;
    left = `the new cluster does not answer and keeps its copies, paused: ${error.message}`;
    log(left);
  }
  await resumeSource(source, signal);
  log('the source Cluster is released');
  return { removed, left };
}

async function removeCopies(source: KubeClient, target: KubeClient, signal: AbortSignal): Promise<number> {
  const items = await itemsOf(source, methodOf(await sourceCluster(source, signal)), signal);
  const all = [...items, ...(await attachedItems(source, signal))];
  // How they got there does not matter here: the source's API knows all of them.
  const { objects } = await surveySource({
    source,
    store: undefined,
    items: all.map((item) => ({ ...item, method: 'kubectl' })),
    signal,
  });
  let removed = 0;
  for (const level of orderByOwnership(objects).reverse())
    await concurrently(level, REQUESTS, async (node) => {
      if (await takeBack(target, node, signal)) removed++;
    });
  return removed;
}
