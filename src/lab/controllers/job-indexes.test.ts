import { expect, test } from 'vitest';
import type { Job, Pod } from '../core-types.ts';
import { freeIndexes, indexText } from './job-indexes.ts';

const pod = (index: number, phase: 'Running' | 'Succeeded' | 'Failed'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { annotations: { 'batch.kubernetes.io/job-completion-index': String(index) } },
  spec: { containers: [] },
  status: { phase },
});

test('completed indexes are written as ranges, neighbours as a pair', () => {
  expect(indexText([])).toBe('');
  expect(indexText([4, 0, 2, 3, 3])).toBe('0,2-4');
  expect(indexText([0, 1, 3])).toBe('0,1,3');
});

test('an index is free while none of its Pods runs or has succeeded', () => {
  const job = { spec: { completions: 4 } } as Job;
  expect(freeIndexes(job, [pod(0, 'Succeeded'), pod(1, 'Failed'), pod(2, 'Running')])).toEqual([1, 3]);
});
