import type { Criterion } from '../../observe/index.ts';
import { formatTable } from './table.ts';

/** The verification table. */
export function formatCriteria(criteria: readonly Criterion[]): string {
  return formatTable(
    ['CRITERION', 'MET', 'OBSERVED'],
    criteria.map((c) => [c.title, c.ok ? 'yes' : 'NO', c.observed]),
  );
}
