import { createHash } from 'node:crypto';
import { describeObject, type KubeObject } from '../../kube/object.ts';
import type { RestoreItem, RestorePlan } from '../../platform/backup/index.ts';

/** How many objects meet what, for machines. */
export function restorePlanJson(plan: RestorePlan): Record<string, unknown> {
  const of = (action: RestoreItem['action']): string[] =>
    plan.items.filter((item) => item.action === action).map((item) => describeObject(item.object));
  const actions = { create: of('create'), change: of('change'), conflict: of('conflict'), skip: of('skip') };
  return { ...actions, same: of('same').length, refusals: plan.refusals };
}

/** A line an object that would be created, a diff for each that would change, and what stands against it. Secrets stay hidden. */
export async function formatRestorePlan({ items, refusals }: RestorePlan): Promise<string> {
  const [{ createTwoFilesPatch }, { stringify }] = await Promise.all([import('diff'), import('yaml')]);
  const lines: string[] = [];
  const count = (action: RestoreItem['action']): number => items.filter((item) => item.action === action).length;
  for (const { action, object, present } of items) {
    const name = describeObject(object);
    if (action === 'create') lines.push(`+ ${name}`);
    if ((action === 'change' || action === 'conflict') && present !== undefined) {
      const [now, then] = [present, object].map((o) => stringify(shown(o)));
      lines.push(`${action === 'change' ? '~' : '!'} ${name}`);
      lines.push(
        createTwoFilesPatch('in the cluster', 'in the backup', now ?? '', then ?? '')
          .split('\n')
          .slice(1)
          .join('\n'),
      );
    }
  }
  lines.push(
    `${String(count('create'))} to create, ${String(count('change'))} to change, ${String(count('same'))} as they are, ` +
      `${String(count('skip'))} that every cluster makes for itself`,
    ...refusals.map((refusal) => `refused: ${refusal}`),
  );
  return lines.join('\n');
}

/** What an object says, values of Secrets as fingerprints. */
function shown({ metadata: { labels, annotations }, ...content }: KubeObject): unknown {
  const hide = (values: unknown): unknown =>
    typeof values === 'object' && values !== null
      ? Object.fromEntries(Object.entries(values).map(([key, value]) => [key, fingerprint(value)]))
      : values;
  const { data, stringData, ...rest } = content;
  const secret = content.kind === 'Secret';
  return {
    ...rest,
    ...(data !== undefined && { data: secret ? hide(data) : data }),
    ...(stringData !== undefined && { stringData: secret ? hide(stringData) : stringData }),
    metadata: { labels, annotations },
  };
}

function fingerprint(value: unknown): string {
  return `(hidden, sha256 ${createHash('sha256').update(String(value)).digest('hex').slice(0, 12)})`;
}
