import { expect, it } from 'vitest';
import { hasWatchList, versionInfo } from './version-info.ts';

it('has sendInitialEvents where Kubernetes has the gate WatchList on', () => {
  const versions = ['v1.31.4', 'v1.32.0', 'v1.33.7', 'v1.34.1', 'v1.35.0'];
  expect(versions.filter(hasWatchList)).toEqual(['v1.32.0', 'v1.34.1', 'v1.35.0']);
});

it('names major and minor version beside the version of git', () => {
  expect(versionInfo('v1.33.7')).toMatchObject({ major: '1', minor: '33', gitVersion: 'v1.33.7' });
});
