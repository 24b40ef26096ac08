import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { programOnPath } from '../../src/etcd/debian-etcd.fixture.ts';
import { Etcdctl, etcdTarget, labOverEtcdTarget, labTarget, type Target } from './etcdctl.fixture.ts';

const program = programOnPath('etcdctl');
const etcd = programOnPath('etcd');

if (program === undefined)
  it.skip("the lab's etcd through etcdctl: skipped, not on PATH (Debian: apt-get install etcd-client)", () =>
    undefined);

const targets: [string, () => Promise<Target>][] = [["the lab's etcd", labTarget]];
if (etcd !== undefined)
  targets.push(
    ["the lab's etcd over a namespace of a real one", () => labOverEtcdTarget(etcd)],
    ['a real etcd, as a check of what is expected', () => etcdTarget(etcd)],
  );

describe.skipIf(program === undefined).each(targets)('etcdctl and %s', (_, open) => {
  let target: Target;
  let ctl: Etcdctl;
  beforeAll(async () => {
    target = await open();
    ctl = new Etcdctl(program ?? '', [`--endpoints=${target.endpoint}`]);
  });
  afterAll(() => target[Symbol.asyncDispose]());
  const revision = async (): Promise<number> => (await target.store.range({ key: Buffer.from('x') })).revision;

  it('puts, gets in any order, at any revision and from a key on, and deletes', async () => {
    const start = await revision();
    expect(await ctl.output('put', '/kv/a', '1')).toBe('OK');
    await ctl.output('put', '/kv/b', '2');
    expect(await ctl.output('put', '/kv/a', '3', '--prev-kv')).toBe('OK\n/kv/a\n1');
    expect(await ctl.output('get', '--prefix', '/kv/')).toBe('/kv/a\n3\n/kv/b\n2');
    expect(await ctl.output('get', '/kv/a', '/kv/b')).toBe('/kv/a\n3');
    expect(await ctl.output('get', '--from-key', '/kv/b', '--limit=1', '--print-value-only')).toBe('2');
    expect(await ctl.output('get', '--prefix', '/kv/', '--sort-by=MODIFY', '--order=ASCEND', '--keys-only')).toBe(
      '/kv/b\n\n/kv/a',
    );
    expect(await ctl.output('get', '--prefix', '/kv/', '--sort-by=VALUE', '--order=DESCEND', '--limit=1')).toBe(
      '/kv/a\n3',
    );
    expect(await ctl.output('get', '--prefix', '/kv/', '--order=DESCEND', '--consistency=s')).toBe(
      '/kv/b\n2\n/kv/a\n3',
    );
    expect(await ctl.output('get', '/kv/a', `--rev=${String(start + 1)}`)).toBe('/kv/a\n1');
    const answer = JSON.parse(await ctl.output('get', '/kv/a', '-w', 'json')) as { count: number; kvs: object[] };
    const base64 = (plain: string): string => Buffer.from(plain).toString('base64');
    expect(answer).toMatchObject({
      header: { revision: start + 3, raft_term: expect.any(Number) as number },
      kvs: [
        {
          ...{ key: base64('/kv/a'), value: base64('3') },
          ...{ create_revision: start + 1, mod_revision: start + 3, version: 2 },
        },
      ],
      count: 1,
    });
    expect(await ctl.output('del', '--prefix', '/kv/', '--prev-kv')).toBe('2\n/kv/a\n3\n/kv/b\n2');
  });

  it('keeps bytes that are no text, and refuses what etcd refuses in its words', async () => {
    await target.store.put({ key: Buffer.from('/bytes'), value: Buffer.from([0xff, 0x00, 0xc3, 0x28]) });
    expect(await ctl.output('get', '/bytes', '--hex', '--print-value-only')).toBe(String.raw`\xff\x00\xc3\x28`);
    const stderr = async (...args: string[]): Promise<string> => (await ctl.run(args)).stderr;
    expect(await stderr('put', '', 'x')).toContain('etcdserver: key is not provided');
    expect(await stderr('put', '/none', '--ignore-value')).toContain('etcdserver: key not found');
    expect(await stderr('put', '/bytes', 'x', '--lease=1234')).toContain('etcdserver: requested lease not found');
    expect(await stderr('get', '/bytes', '--rev=1000000')).toContain(
      'etcdserver: mvcc: required revision is a future revision',
    );
    const twice = await ctl.run(['txn'], '\nput /t 1\nput /t 2\n\n\n');
    expect(twice.stderr).toContain('etcdserver: duplicate key given in txn request');
    const many = Array.from({ length: 129 }, (_, i) => `put /many/${String(i)} x\n`).join('');
    expect((await ctl.run(['txn'], `\n${many}\n\n`)).stderr).toContain(
      'etcdserver: too many operations in txn request',
    );
  });

  it('takes values of up to one and a half MiB', async () => {
    const fits = 1.5 * 1024 * 1024 - 200;
    await ctl.fed('x'.repeat(fits), 'put', '/large');
    expect(await ctl.output('get', '/large', '--print-value-only')).toHaveLength(fits);
    expect((await ctl.run(['put', '/large'], 'x'.repeat(fits + 200))).stderr).toContain(
      'etcdserver: request is too large',
    );
  });

  it('runs transactions with every kind of condition', async () => {
    const txn = 'version("/txn/a") = "0"\n\nput /txn/a "made"\n\nput /txn/a "there"\nget /txn/a\n\n';
    expect(await ctl.fed(txn, 'txn')).toBe('SUCCESS\n\nOK');
    expect(await ctl.fed(txn, 'txn')).toBe('FAILURE\n\nOK\n\n/txn/a\nthere');
    const all = 'value("/txn/a") = "there"\ncreate("/txn/a") > "1"\nmod("/txn/a") > "1"\n';
    expect(await ctl.fed(`${all}\ndel /txn/a\n\n\n`, 'txn')).toBe('SUCCESS\n\n1');
    expect(await ctl.fed('version("/txn/a") > "0"\n\n\nget /txn/a\n\n', 'txn')).toBe('FAILURE');
  });

  it('watches from a past revision with the values before, a prefix, and a range', async () => {
    const start = (await target.store.put({ key: Buffer.from('/watched'), value: Buffer.from('1') })).revision;
    await using one = ctl.start('watch', '/watched', `--rev=${String(start)}`, '--prev-kv');
    expect(await one.lines(3)).toEqual(['PUT', '/watched', '1']);
    await ctl.output('put', '/watched', '2');
    expect(await one.lines(5)).toEqual(['PUT', '/watched', '1', '/watched', '2']);
    await ctl.output('del', '/watched');
    expect(await one.lines(5)).toEqual(['DELETE', '/watched', '2', '/watched', '']);
    await using prefix = ctl.start('watch', '--prefix', '/watch', `--rev=${String(start + 1)}`);
    expect(await prefix.lines(3)).toEqual(['PUT', '/watched', '2']);
  });

  it('watches several keys on one stream and asks for progress', async () => {
    const start = await revision();
    await using watch = ctl.start('watch', '--interactive');
    watch.type(`watch /multi/a --rev=${String(start + 1)}`);
    watch.type(`watch --prefix /multi/b --rev=${String(start + 1)}`);
    await ctl.output('put', '/multi/a', '1');
    expect(await watch.lines(3)).toEqual(['PUT', '/multi/a', '1']);
    await ctl.output('put', '/multi/b/c', '2');
    expect(await watch.lines(3)).toEqual(['PUT', '/multi/b/c', '2']);
    watch.type('progress');
    expect(await watch.lines(1)).toEqual([`progress notify: ${String(start + 2)}`]);
  });

  it('grants, lists, keeps and revokes leases, and ends those that nobody keeps', async () => {
    const granted = /lease (\w+) granted with TTL\(30s\)/.exec(await ctl.output('lease', 'grant', '30'));
    const id = granted?.[1] ?? 'none';
    await ctl.output('put', '--lease', id, '/leased', 'x');
    await ctl.output('put', '--ignore-lease', '/leased', 'y');
    expect(await ctl.output('lease', 'timetolive', id, '--keys')).toContain('attached keys([/leased])');
    expect(await ctl.output('lease', 'list')).toContain(id);
    expect(await ctl.output('lease', 'keep-alive', '--once', id)).toContain('keepalived with TTL(30)');
    expect(await ctl.output('lease', 'revoke', id)).toContain('revoked');
    expect(await ctl.output('get', '/leased')).toBe('');
    expect(await ctl.output('lease', 'timetolive', id)).toContain('already expired');
    // Two seconds is the shortest time that a real etcd grants.
    const short = /lease (\w+) granted with TTL\(2s\)/.exec(await ctl.output('lease', 'grant', '1'))?.[1] ?? 'none';
    const { revision: before } = await target.store.put({
      ...{ key: Buffer.from('/short'), value: Buffer.from('x'), lease: BigInt(`0x${short}`).toString() },
    });
    await using watch = ctl.start('watch', '/short', `--rev=${String(before + 1)}`);
    expect(await watch.lines(2)).toEqual(['DELETE', '/short']);
  });

  it('locks and elects', async () => {
    await using first = ctl.start('lock', '/locks/a');
    const [key] = await first.lines(1);
    expect(key).toMatch(/^\/locks\/a\/[0-9a-f]+$/);
    await using second = ctl.start('lock', '/locks/a');
    const waiting = second.lines(1);
    await first.stop();
    expect((await waiting)[0]).toMatch(/^\/locks\/a\/[0-9a-f]+$/);
    await using leader = ctl.start('elect', '/election', 'me');
    expect((await leader.lines(2))[1]).toBe('me');
    await using observer = ctl.start('elect', '--listen', '/election');
    expect((await observer.lines(2))[1]).toBe('me');
  });

  it('compacts, and tells readers and watchers of what is gone', async () => {
    await ctl.output('put', '/old', '1');
    await ctl.output('put', '/old', '2');
    const now = await revision();
    expect(await ctl.output('compact', String(now), '--physical')).toBe(`compacted revision ${String(now)}`);
    const compacted = 'etcdserver: mvcc: required revision has been compacted';
    expect((await ctl.run(['get', '/old', `--rev=${String(now - 1)}`])).stderr).toContain(compacted);
    expect((await ctl.run(['compact', String(now)])).stderr).toContain(compacted);
    const watch = await ctl.run(['watch', '/old', `--rev=${String(now - 1)}`]);
    expect(watch.stderr).toContain(`watch was canceled (${compacted})`);
  });

  it('reads health, status, members, checksums and alarms, defragments, and does not move its only leader', async () => {
    expect((await ctl.run(['endpoint', 'health'])).stderr + (await ctl.output('endpoint', 'health'))).toContain(
      'is healthy',
    );
    const [{ Status: status }] = JSON.parse(await ctl.output('endpoint', 'status', '-w', 'json')) as [
      { Status: { header: { member_id: number; revision: number }; leader: number; dbSize: number; version: string } },
    ];
    expect(status.leader).toBe(status.header.member_id);
    expect(status.header.revision).toBe(await revision());
    expect(status.dbSize).toBeGreaterThanOrEqual(20_480);
    expect(await ctl.output('endpoint', 'status', '-w', 'table')).toContain(status.version);
    const members = JSON.parse(await ctl.output('member', 'list', '-w', 'json')) as {
      members: { clientURLs: string[] }[];
    };
    expect(members.members.map((m) => m.clientURLs)).toEqual([[`http://${target.endpoint}`]]);
    expect(await ctl.output('member', 'list', '-w', 'table')).toContain('started');
    const [{ HashKV: hash }] = JSON.parse(await ctl.output('endpoint', 'hashkv', '-w', 'json')) as [
      { HashKV: { hash: number; compact_revision: number } },
    ];
    expect(hash.hash).toBeGreaterThan(0);
    expect(await ctl.output('alarm', 'list')).toBe('');
    expect(await ctl.output('alarm', 'disarm')).toBe('');
    expect(await ctl.output('defrag')).toContain('Finished defragmenting');
    expect((await ctl.run(['move-leader', '1234'])).stderr).toContain('etcdserver: bad leader transferee');
  });
});
