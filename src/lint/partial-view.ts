import type { ObjectsView } from '../providers/index.ts';

/** What a rule looked at in a view of which some kinds could not be read. */
export interface Looked {
  /** It looked at such a kind without asking first, so that what it says may come from the gap. */
  misled: boolean;
  /** It says less than it would: misled, or careful. */
  limited: boolean;
}

/**
 * A view that notes whether a rule looks at kinds that could not be read. A rule that asks `isRead` first answers for the kind itself.
 */
export function watchGaps<View extends ObjectsView>(view: View, looked: Looked): View {
  if (view.unread.size === 0) return view;
  const asked = new Set<string>();
  const note = (kind: string): void => {
    if (!view.unread.has(kind)) return;
    looked.limited = true;
    looked.misled ||= !asked.has(kind);
  };
  return {
    ...view,
    isRead: (kind: string) => {
      asked.add(kind);
      if (view.unread.has(kind)) looked.limited = true;
      return !view.unread.has(kind);
    },
    ofKind: (kind: string) => {
      note(kind);
      return view.ofKind(kind);
    },
    find: (kind: string, name: unknown) => {
      note(kind);
      return view.find(kind, name);
    },
    get sources() {
      const { provider } = view;
      for (const kind of ['KubeadmControlPlane', 'MachineDeployment', 'KubeadmConfigTemplate']) note(kind);
      if (provider) for (const { kind } of [provider.kinds.machineTemplate, provider.kinds.pool]) note(kind);
      return view.sources;
    },
  };
}
