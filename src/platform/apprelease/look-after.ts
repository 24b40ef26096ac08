import { isGlobalctlError, toGlobalctlError } from '../../base/index.ts';
import { conditionOf, type KubeObject } from '../../kube/index.ts';
import { chartTag, RegistryClient } from '../../pack/index.ts';
import type { OperatorContext } from './context.ts';
import { findDrift, type Drift } from './drift/index.ts';
import { announce } from './events.ts';
import { manifestObjects } from './manifest-objects.ts';
import { registriesOf } from './registries.ts';
import { decodeRelease, readReleaseHistory, type ReleaseRecord } from './release-record.ts';
import type { WantedRelease } from './release-spec.ts';
import { chartStatuses, releaseOf, timestamp, writeStatus, type ChartStatus, type StatedCondition } from './status.ts';

/** So many objects are named in a message; the rest is counted. */
const NAMED_AT_MOST = 10;

/**
 * Looks after a release with `interval-sync`: whether Helm's record is the one that this operator left, whether the versions
 * still stand for the charts installed, and whether every object is as it was rendered; objects that are not are put back.
 * Answers `install` when the release has to be installed anew. `nowMs` is noted as the time of the look. Throws KUBE_API and the like; nothing is lost then.
 */
export async function lookAfter(
  context: OperatorContext,
  object: KubeObject,
  wanted: WantedRelease,
  nowMs: number,
): Promise<'stands' | 'install'> {
  const drifts: Drift[] = [];
  for (const entry of chartStatuses(object)) {
    const release = releaseOf(entry);
    const [record] = await readReleaseHistory(context.client, release, context.signal);
    const changed = whatChanged(record, entry);
    if (changed !== undefined || !record) {
      const message = `release ${entry.releaseName} ${changed ?? 'is gone'}; installing it again`;
      await announce(context, object, { type: 'Warning', reason: 'ReleaseChanged', message });
      return 'install';
    }
    const objects = manifestObjects(decodeRelease(record).manifest, `release ${entry.releaseName}`);
    const { client, signal } = context;
    drifts.push(...(await findDrift({ client, release, objects, ignore: wanted.ignoreDifferences, signal })));
  }
  const conditions = [await tagCondition(context, object, wanted)].filter((condition) => condition !== undefined);
  if (drifts.length === 0) {
    // A repair stays readable until the next look finds that it has held.
    conditions.push(drifted('False', 'NoDrift', 'every object is as its chart says'));
  } else {
    const found = describeDrifts(drifts);
    await writeStatus(context, object, { conditions: [...conditions, drifted('True', 'DriftFound', found)] });
    await announce(context, object, { type: 'Warning', reason: 'DriftFound', message: found });
    conditions.push(await putBack(context, object, drifts));
  }
  await writeStatus(context, object, { conditions, lastSyncTime: timestamp(nowMs) });
  return 'stands';
}

/** How Helm's newest record differs from what the status says was installed. */
function whatChanged(record: ReleaseRecord | undefined, entry: ChartStatus): string | undefined {
  if (!record) return 'is gone';
  if (record.status !== 'deployed') return `is ${record.status}`;
  if (entry.revision !== undefined && record.revision !== entry.revision)
    return `was changed by somebody else, from revision ${String(entry.revision)} to ${String(record.revision)}`;
  return undefined;
}

/** Repairs what can be; returns the condition to state. */
async function putBack(
  context: OperatorContext,
  object: KubeObject,
  drifts: readonly Drift[],
): Promise<StatedCondition> {
  const failures: string[] = [];
  for (const drift of drifts) {
    try {
      await drift.repair();
    } catch (thrown) {
      if (context.signal.aborted) throw thrown;
      failures.push(`${drift.object}: ${toGlobalctlError(thrown).message}`);
    }
  }
  if (failures.length > 0) {
    const message = `cannot be put back: ${failures.join('; ')}`;
    await announce(context, object, { type: 'Warning', reason: 'RepairFailed', message });
    return drifted('True', 'RepairFailed', message);
  }
  const message = `put back: ${describeDrifts(drifts)}`;
  await announce(context, object, { type: 'Normal', reason: 'DriftRepaired', message });
  return drifted('False', 'Repaired', message);
}

function describeDrifts(drifts: readonly Drift[]): string {
  const said = drifts.slice(0, NAMED_AT_MOST).map(({ object, fields, refused }) => {
    if (refused !== undefined) return `${object}: ${refused}`;
    return fields.length === 0 ? `${object} is gone` : `${object}: ${fields.join(', ')}`;
  });
  const more = drifts.length - said.length;
  return `${said.join('; ')}${more > 0 ? `; and ${String(more)} more objects` : ''}`;
}

function drifted(status: 'True' | 'False', reason: string, message: string): StatedCondition {
  return { type: 'Drifted', status, reason, message };
}

/** Whether a version stands for another chart than the one installed. undefined when the registry does not say. */
async function tagCondition(
  context: OperatorContext,
  object: KubeObject,
  wanted: WantedRelease,
): Promise<StatedCondition | undefined> {
  const moved: string[] = [];
  try {
    const access = (await registriesOf(context, object, wanted)).get(wanted.registry);
    const client = new RegistryClient(access ?? { address: wanted.registry });
    try {
      for (const { name, targetRevision, digest } of chartStatuses(object)) {
        const now = await client.findManifest(name, chartTag(targetRevision), context.signal);
        if (now !== undefined && digest !== undefined && now !== digest)
          moved.push(`${name} ${targetRevision} is ${now} in the registry now, installed is ${digest}`);
      }
    } finally {
      await client.close();
    }
  } catch (thrown) {
    if (isGlobalctlError(thrown, 'CANCELLED')) throw thrown;
    context.log(`${wanted.registry}: cannot compare versions: ${toGlobalctlError(thrown).message}`);
    return undefined;
  }
  if (moved.length === 0)
    return {
      type: 'TagMoved',
      status: 'False',
      reason: 'Resolved',
      message: 'every version stands for the chart installed',
    };
  const message = `${moved.join('; ')}; it is installed when the spec changes`;
  if (conditionOf(object, 'TagMoved')?.message !== message)
    await announce(context, object, { type: 'Warning', reason: 'TagMoved', message });
  return { type: 'TagMoved', status: 'True', reason: 'OtherDigest', message };
}
