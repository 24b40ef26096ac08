import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isGlobalctlError } from '../../../base/index.ts';
import { connectEtcd, prefixRange, type EtcdClient, type KeyValueStore } from '../../../etcd/index.ts';
import { programOnPath, startEtcdProcess, type EtcdProcess } from '../../../etcd/debian-etcd.fixture.ts';
import { MemoryStore } from '../memory-store.ts';
import { startEtcdServer, type EtcdServer } from './etcd-server.ts';
import { randomRequests, type RandomRequest } from './random-requests.fixture.ts';

/** `ETCD` names another etcd than the one on PATH to compare with. */
const etcd = process.env['ETCD'] ?? programOnPath('etcd');
const RUNS = Number(process.env['ETCD_RUNS'] ?? 30);

/** What a store answered, in a form that can be compared. */
async function answer(store: KeyValueStore, request: RandomRequest): Promise<unknown> {
  try {
    switch (request.kind) {
      case 'op':
        switch (request.op.type) {
          case 'range':
            return await store.range(request.op);
          case 'put':
            return await store.put(request.op);
          case 'deleteRange':
            return await store.deleteRange(request.op);
          case 'txn':
            return await store.txn(request.op);
        }
        break;
      case 'compact':
        return await store.compact(request.revision);
      case 'grant':
        return await store.leases.grant({ ttlSeconds: 600, id: request.lease });
      case 'revoke':
        return await store.leases.revoke(request.lease);
      case 'lease': {
        const state = await store.leases.state(request.lease);
        return state && [state.id, state.grantedTtlSeconds, state.keys.map(hex).sort()];
      }
    }
  } catch (error) {
    if (isGlobalctlError(error)) return [error.code, error.code === 'ETCD_REQUEST' ? error.message : ''];
    throw error;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Bytes as text, so that a difference can be read. */
function readable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (_, part: unknown) => {
      const bytes = part as { type?: unknown; data?: unknown } | null;
      if (part instanceof Uint8Array) return hex(part);
      return bytes?.type === 'Buffer' ? hex(Buffer.from(bytes.data as number[])) : part;
    }),
  );
}

/** All that a watch of a prefix sees from a revision on, until the key `end` is put. */
async function history(
  store: KeyValueStore,
  prefix: Uint8Array,
  startRevision: number,
  wish: object,
): Promise<unknown> {
  const seen: unknown[] = [];
  try {
    const { signal } = new AbortController();
    for await (const { events } of store.watch({ ...prefixRange(prefix), startRevision, ...wish, signal })) {
      seen.push(...events);
      if (events.some(({ kv }) => Buffer.from(kv.key).toString('latin1').endsWith('end'))) break;
    }
    return readable(seen);
  } catch (error) {
    if (isGlobalctlError(error)) return error.code;
    throw error;
  }
}

describe.skipIf(etcd === undefined)(
  etcd === undefined
    ? "random requests to the lab's etcd and a real one: skipped, no etcd on PATH (Debian: apt-get install etcd-server)"
    : "random requests to the lab's etcd and a real one",
  () => {
    let real: EtcdProcess;
    let lab: EtcdServer;
    let stores: readonly [EtcdClient, EtcdClient];
    beforeAll(async () => {
      real = await startEtcdProcess(etcd ?? '');
      lab = await startEtcdServer({ store: new MemoryStore() });
      stores = [await connectEtcd({ endpoints: [lab.url] }), await connectEtcd({ endpoints: [real.endpoint] })];
    });
    afterAll(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await lab.close();
      await real.stop();
    });

    it('are answered alike, to the last revision, and make the same history', async () => {
      let run = 0;
      const check = fc.asyncProperty(fc.noShrink(fc.gen()), async (make) => {
        // Both began empty and got the same requests: their revisions are the same numbers.
        const { revision } = await stores[0].range({ key: Buffer.from('/'), countOnly: true });
        expect((await stores[1].range({ key: Buffer.from('/'), countOnly: true })).revision).toBe(revision);
        // Later runs sort behind earlier ones, so that "all keys from here on" are those of this run.
        const prefix = Buffer.from(`/run/${String(++run).padStart(6, '0')}/`);
        const requests = make(randomRequests, { prefix, revision, lease: run * 10 });
        let compacted = 0;
        for (const request of requests) {
          const [ours, theirs] = await Promise.all(stores.map((store) => answer(store, request)));
          expect([request, readable(ours)]).toEqual([request, readable(theirs)]);
          if (request.kind === 'compact' && ours === undefined) compacted = request.revision;
        }
        const end = { key: Buffer.concat([prefix, Buffer.from('end')]), value: prefix };
        const [last] = await Promise.all(stores.map((store) => store.put(end)));
        // Whether a deletion at the compacted revision itself can still be seen differs between versions of etcd.
        const oldest = Math.max(compacted, revision) + 1;
        const watches = [
          [oldest, { prevKv: true }],
          [Math.min(oldest + 2, last?.revision ?? 0), { noDelete: true }],
          [Math.max(1, compacted - 1), {}],
        ] as const;
        await Promise.all(
          watches.map(async ([startRevision, wish]) => {
            const seen = await Promise.all(stores.map((store) => history(store, prefix, startRevision, wish)));
            expect(seen[0]).toEqual(seen[1]);
          }),
        );
      });
      await fc.assert(check, { numRuns: RUNS, seed: 7, endOnFailure: true });
    });
  },
);
