import { createTwoFilesPatch } from 'diff';
import { stringify } from 'yaml';
import { describeObject, type KubeClient, type KubeObject } from '../kube/index.ts';
import type { InstallContext } from './context.ts';
import { hideFormerSecrets } from './former-secrets.ts';
import { compareLive, withoutServerFields } from './live-objects.ts';
import type { PlannedChange } from './step.ts';

/** What applying these objects would change, by the server's own dry run; `create` for all when there is no server yet. */
export async function planObjects(
  context: InstallContext,
  client: KubeClient | undefined,
  objects: readonly KubeObject[],
): Promise<readonly PlannedChange[]> {
  const changes: PlannedChange[] = [];
  for (const object of objects) {
    const subject = describeObject(object);
    if (!client) {
      changes.push({ action: 'create', subject });
      continue;
    }
    const { state, live, applied } = await compareLive(client, object, context.signal);
    if (state === 'absent') changes.push({ action: 'create', subject });
    if (state === 'different' && live)
      changes.push({ action: 'change', subject, diff: diffObjects(context, subject, live, applied ?? object) });
  }
  return changes;
}

function diffObjects(context: InstallContext, subject: string, live: KubeObject, wanted: KubeObject): string {
  const text = (object: KubeObject): string =>
    stringify(maskSecret(withoutServerFields(object)), { sortMapEntries: true });
  const texts = { present: text(live), wanted: text(wanted) };
  const patch = createTwoFilesPatch(`${subject} (live)`, `${subject} (wanted)`, texts.present, texts.wanted);
  return hideFormerSecrets(patch, texts, context.redactor) ?? '';
}

/** The values of a Secret never reach a diff; their keys and lengths do. */
function maskSecret(object: KubeObject): KubeObject {
  if (object.kind !== 'Secret') return object;
  const mask = (values: unknown): unknown =>
    values !== null && typeof values === 'object'
      ? Object.fromEntries(
          Object.entries(values).map(([key, value]) => [key, `[${String(String(value).length)} characters]`]),
        )
      : values;
  return {
    ...object,
    ...(object['data'] !== undefined && { data: mask(object['data']) }),
    ...(object['stringData'] !== undefined && { stringData: mask(object['stringData']) }),
  };
}
