import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../../kube/index.ts';
import { printedDuration } from './columns.ts';
import { podColumns } from './pod-columns.ts';

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

describe('ages', () => {
  it.each([
    [0, '0s'],
    [119 * S, '119s'],
    [2 * M, '2m'],
    [9 * M + 30 * S, '9m30s'],
    [10 * M + 30 * S, '10m'],
    [179 * M, '179m'],
    [3 * H + 20 * M, '3h20m'],
    [8 * H + 20 * M, '8h'],
    [47 * H, '47h'],
    [2 * D + 5 * H, '2d5h'],
    [8 * D + 5 * H, '8d'],
    [729 * D, '729d'],
    [3 * 365 * D + 4 * D, '3y4d'],
    [9 * 365 * D, '9y'],
    [-5 * S, '<invalid>'],
  ])('%d ms prints as %s', (ms, text) => {
    expect(printedDuration(ms)).toBe(text);
  });
});

describe('the STATUS column of Pods', () => {
  const status = (pod: Partial<KubeObject>): unknown => {
    const object: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, ...pod };
    return podColumns.find((c) => c.name === 'Status')?.value(object, 0);
  };
  const waiting = (reason: string): object => ({ state: { waiting: { reason } } });

  it('is the phase, or what a container waits for', () => {
    expect(status({ status: { phase: 'Pending' } })).toBe('Pending');
    const containerStatuses = [waiting('ImagePullBackOff')];
    expect(status({ status: { phase: 'Pending', containerStatuses } })).toBe('ImagePullBackOff');
  });

  it('says how a container ended', () => {
    const ended = { state: { terminated: { exitCode: 3 } } };
    expect(status({ status: { phase: 'Failed', containerStatuses: [ended] } })).toBe('ExitCode:3');
  });

  it('counts init containers', () => {
    const initContainerStatuses = [{ state: { terminated: { exitCode: 0 } } }, { state: { running: {} } }];
    const spec = { initContainers: [{ name: 'x' }, { name: 'y' }] };
    expect(status({ spec, status: { phase: 'Pending', initContainerStatuses } })).toBe('Init:1/2');
  });

  it('is Terminating while a deletion waits', () => {
    const metadata = { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' };
    expect(status({ metadata, status: { phase: 'Running' } })).toBe('Terminating');
  });
});
