/** Something that must hold before the bootstrap cluster may go, with what was seen. */
export interface Gate {
  readonly id: 'verification' | 'backup' | 'ownership' | 'objects' | 'credentials' | 'providers' | 'references';
  readonly title: string;
  readonly ok: boolean;
  /** What was observed; said for a pass too. */
  readonly observed: string;
  /** What opens a gate that is closed. */
  readonly cure: string;
}

export interface Finding {
  readonly ok: boolean;
  readonly observed: string;
}

/** The first few of a list, and how many more there are. */
export function someOf(items: readonly string[]): string {
  const shown = items.slice(0, 5).join('; ');
  return items.length > 5 ? `${shown}; and ${String(items.length - 5)} more` : shown;
}
