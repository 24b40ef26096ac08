import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { planRecovery } from './recover-release.ts';
import { decodeRelease, rewriteRecord, type ReleaseRecord } from './release-record.ts';

function record(revision: number, status: string, hookEvents: readonly string[] = []): ReleaseRecord {
  const content = {
    name: 'x',
    version: revision,
    manifest: 'kind: Pod\n',
    info: { status, description: 'as it was' },
    hooks: hookEvents.length > 0 ? [{ name: 'a-hook', events: hookEvents }] : null,
  };
  const packed = gzipSync(JSON.stringify(content)).toString('base64');
  return {
    revision,
    status,
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `sh.helm.release.v1.x.v${String(revision)}`, labels: { owner: 'helm', status } },
      data: { release: Buffer.from(packed).toString('base64') },
    },
  };
}

describe('planRecovery', () => {
  it('leaves a release alone that stands, is gone, or never was', () => {
    expect(planRecovery([])).toEqual({ action: 'none' });
    expect(planRecovery([record(2, 'deployed'), record(1, 'superseded')])).toEqual({ action: 'none' });
    expect(planRecovery([record(1, 'uninstalled')])).toEqual({ action: 'none' });
  });

  it('finishes an uninstallation that was interrupted', () => {
    expect(planRecovery([record(2, 'uninstalling'), record(1, 'superseded')])).toEqual({ action: 'uninstall' });
  });

  it('goes back to the revision that stood last, not to one that failed', () => {
    for (const status of ['pending-upgrade', 'pending-rollback', 'failed', 'unknown'])
      expect(
        planRecovery([record(4, status), record(3, 'failed'), record(2, 'deployed'), record(1, 'superseded')]),
      ).toEqual({ action: 'rollback', revision: 2 });
    // Helm marks what stood as superseded before it says that the next one does.
    expect(planRecovery([record(3, 'pending-rollback'), record(2, 'failed'), record(1, 'superseded')])).toEqual({
      action: 'rollback',
      revision: 1,
    });
  });

  it('goes on from a first installation, but repeats one with hooks, which run only at an install', () => {
    expect(planRecovery([record(1, 'pending-install')])).toEqual({ action: 'mark-failed' });
    expect(planRecovery([record(1, 'failed')])).toEqual({ action: 'none' });
    expect(planRecovery([record(1, 'pending-install', ['pre-install'])])).toEqual({ action: 'uninstall' });
    expect(planRecovery([record(1, 'failed', ['post-install', 'post-upgrade'])])).toEqual({ action: 'uninstall' });
    expect(planRecovery([record(1, 'failed', ['pre-delete'])])).toEqual({ action: 'none' });
  });
});

describe('rewriteRecord', () => {
  it('changes the status in both places where Helm looks, and nothing else', () => {
    const before = record(7, 'pending-upgrade', ['pre-upgrade']);
    const secret = rewriteRecord(before, { status: 'failed', description: 'interrupted' });
    expect(secret.metadata.labels).toEqual({ owner: 'helm', status: 'failed', version: '7' });
    const after = { ...before, secret };
    expect(decodeRelease(after)).toEqual(decodeRelease(before));
    expect(rewriteRecord(after, { status: 'pending-upgrade', description: 'as it was' })['data']).toEqual(
      before.secret['data'],
    );
  });

  it('says which record cannot be read', () => {
    const broken = { ...record(1, 'failed'), secret: { ...record(1, 'failed').secret, data: { release: 'AAAA' } } };
    expect(() => planRecovery([broken])).toThrow(
      "sh.helm.release.v1.x.v1: Helm's record of the release cannot be read",
    );
  });
});
