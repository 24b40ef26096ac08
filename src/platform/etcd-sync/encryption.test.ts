import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { SyncSide } from '../../../test/rigs/etcd-sync/pair.ts';
import { encryptionConfiguration, startRealSide } from '../../../test/rigs/etcd-sync/real-side.ts';
import { resources, type KubeObject } from '../../kube/index.ts';
import { proveSecrets, type SecretsVerdict } from './canary.ts';
import { selectionRules } from './rules.ts';

const assets = process.env['KUBEBUILDER_ASSETS'];
const key = Buffer.from('/registry/secrets/shop/login');

describe('Secrets between real API servers that encrypt them', () => {
  if (assets === undefined) {
    it.skip('skipped: KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd', () => undefined);
    return;
  }

  it('are proven with the same key, and held back with another of the same name', { timeout: 240_000 }, async () => {
    const [shared, other] = [randomBytes(32), randomBytes(32)].map((bytes) => bytes.toString('base64'));
    const sides: SyncSide[] = [];
    try {
      for (const secret of [shared, shared, other])
        sides.push(await startRealSide(assets, encryptionConfiguration(secret ?? '')));
      const [primary, standby, stranger] = sides;
      if (!primary || !standby || !stranger) throw new Error('three sides');
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
      for (const { client } of sides) await client.create<KubeObject>(resources.namespaces, namespace);
      const data = { password: Buffer.from('s3cret').toString('base64') };
      const login = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login', namespace: 'shop' }, data };
      await primary.client.create<KubeObject>(resources.secrets, login);
      const prove = (side: SyncSide): Promise<SecretsVerdict> =>
        proveSecrets({
          ...{ source: primary.store, target: side.store, primaryApi: primary.client, standbyApi: side.client },
          ...{ rules: selectionRules({ secrets: true }), signal: AbortSignal.timeout(60_000) },
        });
      expect(await prove(standby)).toEqual({ state: 'proven', secret: 'login' });
      expect(await standby.client.get(resources.secrets, { name: 'login', namespace: 'shop' })).toMatchObject({ data });
      expect(await prove(stranger)).toMatchObject({
        state: 'held',
        reason: expect.stringContaining('cannot be read by its API') as string,
      });
      expect((await stranger.store.range({ key })).kvs).toEqual([]);
    } finally {
      for (const side of sides) await side.close();
    }
  });
});
