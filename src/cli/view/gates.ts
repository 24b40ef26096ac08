import type { Gate } from '../../install/index.ts';
import { formatTable } from './table.ts';

/** The table of the hand-off. */
export function formatGates(gates: readonly Gate[]): string {
  return formatTable(
    ['GATE', 'OPEN', 'OBSERVED'],
    gates.map((gate) => [gate.title, gate.ok ? 'yes' : 'NO', gate.observed]),
  );
}
