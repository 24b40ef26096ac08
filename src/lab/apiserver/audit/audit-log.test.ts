import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpKubeClient, resources } from '../../../kube/index.ts';
import { MemoryStore } from '../../etcd/index.ts';
import { startApiServer } from '../index.ts';
import { AuditLog } from './index.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'audit-log-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function events(path: string): Promise<Record<string, unknown>[]> {
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the audit log', () => {
  it('says who wrote what with which outcome, and nothing of what a Secret holds', async () => {
    const path = join(folder, 'cluster', 'audit.log');
    const store = new MemoryStore();
    const server = await startApiServer({ store, auditLog: path });
    const client = await HttpKubeClient.fromText(await server.adminKubeconfig());
    const metadata = { name: 'login', namespace: 'default' };
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { password: 'hush-hush' } };
    await client.create(resources.secrets, secret);
    await client.find(resources.secrets, { namespace: 'default', name: 'absent' });
    await client.close();
    await server.close();
    await store.close();
    const found = await events(path);
    expect(found).toContainEqual(
      expect.objectContaining({
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        stage: 'ResponseComplete',
        verb: 'create',
        user: expect.objectContaining({ username: 'kubernetes-admin' }) as unknown,
        objectRef: { resource: 'secrets', namespace: 'default', apiVersion: 'v1' },
        responseStatus: { metadata: {}, code: 201 },
      }),
    );
    expect(found).toContainEqual(expect.objectContaining({ verb: 'get', responseStatus: { metadata: {}, code: 404 } }));
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain('hush-hush');
    expect(text).not.toContain(Buffer.from('hush-hush').toString('base64'));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('keeps one former file when it has grown to its limit', async () => {
    const path = join(folder, 'audit.log');
    const log = new AuditLog(path, { limitBytes: 100 });
    for (let i = 0; i < 5; i++) {
      log.write({ i, padding: 'x'.repeat(100) });
      await log.close();
    }
    expect((await events(path)).map((e) => e['i'])).toEqual([4]);
    expect((await events(`${path}.1`)).map((e) => e['i'])).toEqual([3]);
  });

  it('lets the server go on when it cannot be written, and says so once', async () => {
    const gaps: unknown[] = [];
    await writeFile(join(folder, 'taken'), '');
    const log = new AuditLog(join(folder, 'taken', 'audit.log'), { onGap: (error) => gaps.push(error) });
    for (const a of [1, 2]) {
      log.write({ a });
      await log.close();
    }
    expect(gaps).toEqual([expect.objectContaining({ code: 'EEXIST' })]);
  });
});
