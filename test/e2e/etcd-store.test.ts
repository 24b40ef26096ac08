import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEtcd, prefixRange, type EtcdClient } from '../../src/etcd/index.ts';
import { programOnPath, startEtcdProcess } from '../../src/etcd/debian-etcd.fixture.ts';
import { Program } from './program.ts';
import { criteriaOf, Rehearsal } from './rehearsal.ts';

/** With no other program at work on two cores it takes a fifth of this. */
const LIMIT_MS = 240_000;

const etcd = programOnPath('etcd');

if (etcd === undefined) {
  it.skip('a rehearsal that stores in a real etcd: skipped, no etcd on PATH (Debian: apt-get install etcd-server)', () =>
    undefined);
} else {
  describe('a rehearsal that stores in a real etcd', () => {
    let program: Program;
    beforeAll(async () => {
      program = await Program.build();
    }, 120_000);
    afterAll(() => program[Symbol.asyncDispose]());

    it(
      'verifies the result, has the objects of both clusters in that etcd, and takes them out again at the end',
      async () => {
        const server = await startEtcdProcess(etcd);
        const client = await connectEtcd({ endpoints: [server.endpoint] });
        try {
          await client.put({ key: Buffer.from('/another/program'), value: Buffer.from('1') });
          await using rehearsal = await Rehearsal.create(program, 'dcs');
          const startedMs = performance.now();
          const flags = ['--etcd', `http://${server.endpoint}`, '--speed', '2000', '--keep'];
          const ended = await rehearsal.rehearse({ flags }).ended;
          process.stdout.write(`real etcd: ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
          const criteria = criteriaOf(ended);
          expect(criteria.map((c) => c.id)).toEqual(['installer', 'nodes', 'pods', 'base-module', 'platform-cluster']);
          expect(criteria.filter((c) => !c.ok)).toEqual([]);
          expect(ended.code).toBe(0);

          const { etcd: shown } = await rehearsal.labStatus();
          expect(shown?.endpoints).toEqual([`http://${server.endpoint}`]);
          const namespace = shown?.namespace ?? '';
          expect(namespace).toMatch(/^\/globalctl\/[0-9a-f]{12}\/$/);
          const minialauda = await keysBelow(client, `${namespace}minialauda:/registry/`);
          expect(minialauda).toContain('minions/minialauda-control-plane');
          expect(minialauda.filter((key) => key.startsWith('cluster.x-k8s.io/machines/'))).toHaveLength(5);
          const global = await keysBelow(client, `${namespace}global:/registry/`);
          expect(global.filter((key) => key.startsWith('minions/'))).toHaveLength(5);
          // What the installer's import brought over by key.
          expect(global.filter((key) => key.startsWith('cluster.x-k8s.io/clusters/'))).toHaveLength(1);

          expect((await rehearsal.labDown()).code).toBe(0);
          expect(await keysBelow(client, '/')).toEqual(['another/program']);
        } finally {
          await client.close();
          await server.stop();
        }
      },
      LIMIT_MS,
    );
  });
}

/** The keys that begin with a prefix, without it. */
async function keysBelow(client: EtcdClient, prefix: string): Promise<string[]> {
  const { kvs } = await client.range({ ...prefixRange(prefix), keysOnly: true });
  return kvs.map(({ key }) => Buffer.from(key).toString('utf8').slice(prefix.length));
}
