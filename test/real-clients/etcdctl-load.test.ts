import { describe, expect, it } from 'vitest';
import { connectEtcd } from '../../src/etcd/index.ts';
import { programOnPath } from '../../src/etcd/debian-etcd.fixture.ts';
import { Etcdctl, labTarget } from './etcdctl.fixture.ts';

/** What `etcdctl check perf --load=s` asks for: 150 puts a second by 50 clients, for a minute. */
const PUTS_A_SECOND = 150;
const CLIENTS = 50;
const VALUE_BYTES = 1024;

describe("the load of etcdctl's own check", () => {
  it('is carried for a moment', async () => {
    await using target = await labTarget();
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, () => connectEtcd({ endpoints: [target.endpoint] })),
    );
    const value = Buffer.alloc(VALUE_BYTES, 0x61);
    const startedMs = performance.now();
    const puts = 4 * PUTS_A_SECOND;
    await Promise.all(
      clients.map(async (client, own) => {
        for (let i = own; i < puts; i += CLIENTS) await client.put({ key: Buffer.from(`/load/${String(i)}`), value });
      }),
    );
    expect(performance.now() - startedMs).toBeLessThan((1000 * puts) / PUTS_A_SECOND);
    expect((await target.store.range({ key: Buffer.from('/load/'), rangeEnd: Buffer.from('/load0') })).count).toBe(
      puts,
    );
    await Promise.all(clients.map((client) => client.close()));
  });

  // A minute long: set ETCDCTL_CHECK_PERF to run it.
  const program = programOnPath('etcdctl');
  it.skipIf(program === undefined || process.env['ETCDCTL_CHECK_PERF'] === undefined)(
    'is carried for the minute that etcdctl check perf takes',
    async () => {
      await using target = await labTarget();
      const ctl = new Etcdctl(program ?? '', [`--endpoints=${target.endpoint}`]);
      const said = await ctl.output('check', 'perf', '--load=s', '--auto-compact');
      expect(said.split('\n').filter((line) => /^(PASS|FAIL)/.test(line))).toMatchObject(
        ['PASS: Throughput', 'PASS: Slowest', 'PASS: Stddev', 'PASS'].map(
          (line) => expect.stringContaining(line) as string,
        ),
      );
    },
    100_000,
  );
});
