import type { PushPlan } from '../../pack/index.ts';
import { formatBytes } from './byte-size.ts';
import { formatTable } from './table.ts';

const states = { present: 'there', new: 'new', moves: 'tag moves' } as const;

/** What a push would do, an image a line, and the sums. */
export function formatPushPlan(plan: PushPlan): string {
  const row = (
    name: string,
    state: string,
    bytes: Pick<PushPlan, 'sendBytes' | 'mountBytes' | 'skipBytes'>,
  ): string[] => [
    name,
    state,
    formatBytes(bytes.sendBytes),
    formatBytes(bytes.mountBytes),
    formatBytes(bytes.skipBytes),
  ];
  return formatTable(
    ['IMAGE', 'STATE', 'SEND', 'MOUNT', 'SKIP'],
    [
      ...plan.images.map((planned) => {
        const { repository, tag } = planned.image.name;
        return row(`${repository}:${tag}`, states[planned.state], planned);
      }),
      row(`${String(plan.images.length)} in all`, '', plan),
    ],
  );
}

/** The same for programs. */
export function pushPlanJson(plan: PushPlan): unknown {
  const { images, sendBytes, mountBytes, skipBytes } = plan;
  return {
    sendBytes,
    mountBytes,
    skipBytes,
    images: images.map(({ image, ...rest }) => ({
      ...image.name,
      kind: image.kind,
      digest: image.top.digest,
      ...rest,
    })),
  };
}
