import type { Compare, CompareResult, KeyValue } from '../../etcd/index.ts';

function holds(result: CompareResult, order: number): boolean {
  switch (result) {
    case 'equal':
      return order === 0;
    case 'notEqual':
      return order !== 0;
    case 'greater':
      return order > 0;
    case 'less':
      return order < 0;
  }
}

function compareState(compare: Compare, state: KeyValue | undefined): boolean {
  switch (compare.target) {
    case 'version':
      return holds(compare.result, (state?.version ?? 0) - compare.version);
    case 'createRevision':
      return holds(compare.result, (state?.createRevision ?? 0) - compare.createRevision);
    case 'modRevision':
      return holds(compare.result, (state?.modRevision ?? 0) - compare.modRevision);
    case 'lease': {
      const difference = BigInt(state?.lease ?? '0') - BigInt(compare.lease);
      return holds(compare.result, difference < 0n ? -1 : difference > 0n ? 1 : 0);
    }
    case 'value':
      // etcd: a value comparison with a key that does not exist fails, whatever the operator.
      return state !== undefined && holds(compare.result, Buffer.compare(state.value, compare.value));
  }
}

/** Whether a condition holds for the present states in its range; one for an absent key looks at version and revisions 0. */
export function compareHolds(compare: Compare, states: readonly KeyValue[]): boolean {
  if (states.length === 0) return compareState(compare, undefined);
  return states.every((state) => compareState(compare, state));
}
