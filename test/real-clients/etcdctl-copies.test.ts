import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEtcd, prefixRange, type KeyValueStore } from '../../src/etcd/index.ts';
import { programOnPath, startEtcdProcess } from '../../src/etcd/debian-etcd.fixture.ts';
import { MemoryStore, startEtcdServer } from '../../src/lab/etcd/index.ts';
import { CertificateAuthority } from '../../src/lab/pki/index.ts';
import { Etcdctl, etcdTarget, labTarget, type Target } from './etcdctl.fixture.ts';

const program = programOnPath('etcdctl') ?? '';
const etcd = programOnPath('etcd') ?? '';
const found = program !== '' && etcd !== '';

if (!found)
  it.skip('copies between the lab and a real etcd: skipped, no etcd and etcdctl on PATH (Debian: etcd-server, etcd-client)', () =>
    undefined);

/** The first `count` keys below a prefix, once there are so many. */
async function keysOnceThere(store: KeyValueStore, prefix: string, count: number): Promise<string[]> {
  const watch = store.watch({ ...prefixRange(prefix), signal: AbortSignal.timeout(10_000) });
  const read = async (): Promise<string[]> =>
    (await store.range(prefixRange(prefix))).kvs.map(
      ({ key, value }) => `${Buffer.from(key).toString()}=${Buffer.from(value).toString()}`,
    );
  let keys = await read();
  if (keys.length < count)
    for await (const { events } of watch) {
      keys = events.length > 0 ? await read() : keys;
      if (keys.length >= count) break;
    }
  return keys;
}

const lab = (): Promise<Target> => labTarget();
const real = (): Promise<Target> => etcdTarget(etcd);

describe.skipIf(!found).each([
  ['the lab to a real etcd', lab, real],
  ['a real etcd to the lab', real, lab],
  ['one lab to another', lab, lab],
])('etcdctl make-mirror from %s', (_, from, to) => {
  it('copies what there is, and then what changes, to another prefix', async () => {
    await using source = await from();
    await using destination = await to();
    const put = (key: string, value: string): Promise<unknown> =>
      source.store.put({ key: Buffer.from(key), value: Buffer.from(value) });
    await put('/from/a', '1');
    await put('/from/b', '2');
    await put('/elsewhere', '3');
    const ctl = new Etcdctl(program, [`--endpoints=${source.endpoint}`]);
    const args = ['--prefix=/from/', '--dest-prefix=/to/', '--dest-insecure-transport', destination.endpoint];
    await using mirror = ctl.start('make-mirror', ...args);
    expect(await keysOnceThere(destination.store, '/to/', 2)).toEqual(['/to/a=1', '/to/b=2']);
    await source.store.deleteRange({ key: Buffer.from('/from/a') });
    await put('/from/c', '4');
    await put('/from/d', '5');
    expect(await keysOnceThere(destination.store, '/to/d', 1)).toEqual(['/to/d=5']);
    expect(await keysOnceThere(destination.store, '/to/', 3)).toEqual(['/to/b=2', '/to/c=4', '/to/d=5']);
    await mirror.stop();
  });
});

describe.skipIf(!found)("a snapshot of the lab's etcd", () => {
  it('is restored into a real etcd, which has the same keys, leases, history and checksum', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'globalctl-snapshot-'));
    try {
      await using source = await labTarget();
      const ctl = new Etcdctl(program, [`--endpoints=${source.endpoint}`]);
      const bytes = (text: string): Uint8Array => Buffer.from(text);
      await source.store.leases.grant({ ttlSeconds: 6000, id: '77' });
      // Enough for a tree of three levels, with values that need several pages.
      for (let i = 0; i < 3000; i++)
        await source.store.put({
          key: bytes(`/keys/${String(i % 2500)}`),
          value: Buffer.alloc(i % 500 === 0 ? 20_000 : i % 300, i),
          ...(i % 100 === 0 && { lease: '77' }),
        });
      await source.store.compact(1000);
      await source.store.txn({
        compare: [],
        success: [
          { type: 'deleteRange', ...prefixRange('/keys/1') },
          { type: 'put', key: bytes('/new'), value: Buffer.from([0xff]) },
        ],
        failure: [],
      });
      const { revision } = await source.store.range({ key: bytes('/new') });
      const file = join(folder, 'snapshot.db');
      await ctl.output('snapshot', 'save', file);
      expect(JSON.parse(await ctl.output('snapshot', 'status', file, '-w', 'json'))).toMatchObject({ revision });
      const data = join(folder, 'data');
      await ctl.output(
        ...['snapshot', 'restore', file, `--data-dir=${data}`, '--name=test'],
        ...['--initial-cluster=test=http://127.0.0.1:1', '--initial-advertise-peer-urls=http://127.0.0.1:1'],
      );
      const process = await startEtcdProcess(etcd, [
        ...[`--data-dir=${data}`, '--initial-advertise-peer-urls=http://127.0.0.1:1'],
        '--initial-cluster=test=http://127.0.0.1:1',
      ]);
      const store = await connectEtcd({ endpoints: [process.endpoint] });
      try {
        const states = async (of: KeyValueStore, at: number): Promise<unknown[]> =>
          (await of.range({ ...prefixRange('/'), revision: at })).kvs.map(({ key, value, ...rest }) => [
            ...[Buffer.from(key).toString(), Buffer.from(value).toString('base64'), rest],
          ]);
        for (const at of [revision, 2000, 1000])
          expect(await states(store, at)).toEqual(await states(source.store, at));
        expect((await store.leases.state('77'))?.keys.length).toBe(
          (await source.store.leases.state('77'))?.keys.length,
        );
        const hash = async (endpoint: string): Promise<unknown> => {
          const other = new Etcdctl(program, [`--endpoints=${endpoint}`]);
          const [{ HashKV }] = JSON.parse(
            await other.output('endpoint', 'hashkv', `--rev=${String(revision)}`, '-w', 'json'),
          ) as [{ HashKV: { hash: number; compact_revision: number } }];
          return [HashKV.hash, HashKV.compact_revision];
        };
        expect(await hash(process.endpoint)).toEqual(await hash(source.endpoint));
        const { revision: next } = await store.put({ key: bytes('/after'), value: bytes('1') });
        expect(next).toBe(revision + 1);
      } finally {
        await store.close();
        await process.stop();
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!found)('etcdctl with TLS', () => {
  let folder: string;
  const flags: Record<'own' | 'none' | 'stranger' | 'wrongAuthority', string[]> = {
    ...{ own: [], none: [], stranger: [], wrongAuthority: [] },
  };
  let member: { certificatePem: string; keyPem: string };
  let ca: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'globalctl-etcd-tls-'));
    const file = async (name: string, content: string): Promise<string> => {
      await writeFile(join(folder, name), content, { mode: 0o600 });
      return join(folder, name);
    };
    const authority = await CertificateAuthority.create('etcd-ca');
    const other = await CertificateAuthority.create('other-ca');
    ca = await file('ca.crt', authority.certificatePem);
    const otherCa = await file('other-ca.crt', other.certificatePem);
    member = await authority.issue({ commonName: 'member', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] });
    for (const [who, issuer] of [
      ['own', authority],
      ['stranger', other],
    ] as const) {
      const { certificatePem, keyPem } = await issuer.issue({ commonName: who, usages: ['client'] });
      const [cert, key] = [await file(`${who}.crt`, certificatePem), await file(`${who}.key`, keyPem)];
      flags[who] = [`--cacert=${ca}`, `--cert=${cert}`, `--key=${key}`];
    }
    flags.none = [`--cacert=${ca}`];
    flags.wrongAuthority = [`--cacert=${otherCa}`, ...flags.own.slice(1)];
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  interface Served {
    readonly port: string;
    readonly close: () => Promise<unknown>;
  }
  const servers: [string, () => Promise<Served>][] = [
    [
      "the lab's etcd",
      async () => {
        const clientCa = await readFile(ca, 'utf8');
        const tls = { certificate: member.certificatePem, key: member.keyPem, clientCa };
        const server = await startEtcdServer({ store: new MemoryStore(), tls });
        return { port: String(server.port), close: () => server.close() };
      },
    ],
    [
      'a real etcd',
      async () => {
        const [cert, key] = [join(folder, 'member.crt'), join(folder, 'member.key')];
        await Promise.all([writeFile(cert, member.certificatePem), writeFile(key, member.keyPem, { mode: 0o600 })]);
        const server = await startEtcdProcess(etcd, [
          ...[`--cert-file=${cert}`, `--key-file=${key}`, `--trusted-ca-file=${ca}`, '--client-cert-auth'],
        ]);
        return { port: server.endpoint.split(':')[1] ?? '', close: () => server.stop() };
      },
    ],
  ];

  it.each(servers)('is served by %s, which refuses strangers and those without a certificate', async (_, serve) => {
    const server = await serve();
    try {
      const ctl = (who: keyof typeof flags, host = '127.0.0.1'): Etcdctl =>
        new Etcdctl(program, [
          ...[`--endpoints=${host}:${server.port}`, '--dial-timeout=1s', '--command-timeout=1s'],
          ...flags[who],
        ]);
      // Our own client waits until the server listens.
      const pem = (at: number): Promise<string> => readFile(flags.own[at]?.replace(/^--\w+=/, '') ?? '', 'utf8');
      const client = await connectEtcd({
        endpoints: [`https://127.0.0.1:${server.port}`],
        tls: { ca: await pem(0), certificate: await pem(1), key: await pem(2) },
      });
      await client.put({ key: Buffer.from('ours'), value: Buffer.from('1') });
      expect(await ctl('own').output('put', 'a', '1')).toBe('OK');
      expect(await ctl('own', 'localhost').output('get', 'ours')).toBe('ours\n1');
      expect(await ctl('own').output('endpoint', 'status')).toContain(`127.0.0.1:${server.port}`);
      for (const who of ['none', 'stranger', 'wrongAuthority'] as const)
        expect((await ctl(who).run(['get', 'a'])).code, who).not.toBe(0);
      expect((await client.range({ key: Buffer.from('a') })).count).toBe(1);
      await client.close();
    } finally {
      await server.close();
    }
  });
});
