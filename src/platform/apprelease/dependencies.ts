import { conditionOf, fieldAt, storeKey, type KubeObject } from '../../kube/index.ts';
import { dependenciesOf } from './release-spec.ts';

/** Why a release is not its turn yet. */
export interface Waiting {
  readonly reason: 'WaitingForDependencies' | 'DependencyCircle';
  readonly message: string;
}

/**
 * What an AppRelease waits for, in its `spec.dependsOn`: that each of them is Ready in the spec that it has now. undefined when
 * nothing stands in the way. A circle is named as a whole; everything in it waits until someone breaks it.
 */
export function dependencyWait(object: KubeObject, find: (key: string) => KubeObject | undefined): Waiting | undefined {
  const circle = circleThrough(storeKey(object), find);
  if (circle) return { reason: 'DependencyCircle', message: `dependsOn goes in a circle: ${circle.join(' -> ')}` };
  const open = dependenciesOf(object).flatMap((key) => {
    const trouble = whyNotReady(find(key));
    return trouble === undefined ? [] : [`${key} (${trouble})`];
  });
  if (open.length === 0) return undefined;
  return { reason: 'WaitingForDependencies', message: `waits for ${open.join(', ')}` };
}

function whyNotReady(object: KubeObject | undefined): string | undefined {
  if (!object) return 'does not exist';
  if (object.metadata.deletionTimestamp !== undefined) return 'is being deleted';
  const ready = conditionOf(object, 'Ready');
  if (fieldAt(object, 'status', 'observedGeneration') !== object.metadata.generation)
    return 'has not been looked at yet';
  if (ready?.status === 'True') return undefined;
  return ready?.reason ?? 'not ready';
}

/** The shortest way from a release back to itself, itself at both ends. */
function circleThrough(start: string, find: (key: string) => KubeObject | undefined): string[] | undefined {
  const ways: string[][] = [[start]];
  const seen = new Set<string>();
  for (let way = ways.shift(); way; way = ways.shift()) {
    const object = find(way.at(-1) ?? start);
    for (const next of object ? dependenciesOf(object) : []) {
      if (next === start) return [...way, next];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  }
  return undefined;
}
