import { fieldAt, type KubeObject } from '../../kube/index.ts';
import type { FieldPath, MachineSource } from '../rule.ts';

/** Rules read objects that people wrote: nothing about their shape is certain, and reading never throws. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listAt(object: unknown, path: FieldPath): readonly unknown[] {
  const value = fieldAt(object, ...path);
  return Array.isArray(value) ? value : [];
}

export function recordAt(object: unknown, path: FieldPath): Record<string, unknown> {
  const value = fieldAt(object, ...path);
  return isRecord(value) ? value : {};
}

export function textAt(object: unknown, path: FieldPath): string | undefined {
  const value = fieldAt(object, ...path);
  return typeof value === 'string' ? value : undefined;
}

/** How a value looks in a message. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export interface PlacedFile {
  readonly path: string;
  readonly file: Record<string, unknown>;
  readonly at: FieldPath;
}

/** The `files` of a kubeadm config, with where each stands. */
export function filesOf(source: MachineSource): PlacedFile[] {
  const base = [...source.configPath, 'files'];
  return listAt(source.config?.object, base).flatMap((file, index) =>
    isRecord(file) && typeof file['path'] === 'string' ? [{ path: file['path'], file, at: [...base, index] }] : [],
  );
}

export interface PlacedDisk {
  readonly mount: string;
  readonly disk: Record<string, unknown>;
  readonly at: FieldPath;
}

/** Disks of a list, by their mount path. */
export function disksAt(object: KubeObject | undefined, path: FieldPath, mountKey: string): PlacedDisk[] {
  return listAt(object, path).flatMap((disk, index) => {
    if (!isRecord(disk)) return [];
    const mount = disk[mountKey];
    return [{ mount: typeof mount === 'string' ? mount : '', disk, at: [...path, index] }];
  });
}

/** Paths in `text` of an object below `path`, for rules that look at every string. */
export function* stringsIn(value: unknown, path: FieldPath = []): Generator<{ path: FieldPath; text: string }> {
  if (typeof value === 'string') yield { path, text: value };
  else if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* stringsIn(item, [...path, index]);
  else if (isRecord(value)) for (const [key, item] of Object.entries(value)) yield* stringsIn(item, [...path, key]);
}
