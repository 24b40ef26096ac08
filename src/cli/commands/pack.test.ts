import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabNetwork, startLabProxy, type LabProxy } from '../../lab/network/index.ts';
import { startRegistry, type Registry } from '../../lab/registry/index.ts';
import { buildPackage, createImage } from '../../pack/index.ts';
import { runCommand } from '../test-app.fixture.ts';
import { registerPack } from './pack.ts';
import { registerPacktool } from './packtool.ts';

let folder: string;
let path: string;
let proxy: LabProxy;
let registry: Registry;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-pack-cli-'));
  path = join(folder, 'sample.amd64.v1.tgz');
  const artifacts = [await createImage({ name: { repository: 'ait/sample', tag: 'v1' }, files: [] })];
  await buildPackage({ name: 'sample', architecture: 'amd64', version: 'v1', artifacts, path });
  const network = new LabNetwork();
  proxy = await startLabProxy({ network });
  registry = await startRegistry({
    folder: join(folder, 'registry'),
    login: { username: 'admin', password: 'a-password' },
  });
  network.bind({ host: '127.0.0.1', port: 11443 }, registry.port);
});

afterAll(async () => {
  await proxy.close();
  await registry.close();
  await rm(folder, { recursive: true, force: true });
});

describe('pack', () => {
  it("pushes with the guide's words through the proxy, to an address that only the proxy knows", async () => {
    const env = {
      GLOBALCTL_PROXY: proxy.url,
      GLOBALCTL_REGISTRY_USERNAME: 'admin',
      GLOBALCTL_REGISTRY_PASSWORD: 'a-password',
    };
    const words = ['packtool', 'pack', 'push', '-r', '127.0.0.1:11443', '-c', path];
    // Flags read the environment of the process, as commander does.
    Object.assign(process.env, env);
    try {
      const pushed = await runCommand(registerPacktool, words, { cwd: folder, env });
      expect(pushed).toMatchObject({ exitCode: 0, stderr: 'pushed 127.0.0.1:11443/ait/sample:v1\n' });
      const listed = await runCommand(registerPack, ['pack', 'list', '-r', '127.0.0.1:11443'], { cwd: folder, env });
      expect(listed.stdout).toBe('ait/sample:v1\n');
    } finally {
      for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
    }
  });

  it('prints the plan of a push, and nothing is pushed', async () => {
    const open = await startRegistry({ folder: join(folder, 'open') });
    try {
      const words = ['pack', 'push', '-r', open.address, '-c', path, '--plan'];
      const text = await runCommand(registerPack, words, { cwd: folder });
      expect(text.stdout).toMatch(/IMAGE +STATE +SEND +MOUNT +SKIP\nait\/sample:v1 +new /);
      const json = await runCommand(registerPack, [...words, '-o', 'json'], { cwd: folder });
      expect(JSON.parse(json.stdout)).toMatchObject({
        mountBytes: 0,
        images: [{ repository: 'ait/sample', tag: 'v1', kind: 'image', state: 'new' }],
      });
      const listed = await runCommand(registerPack, ['pack', 'list', '-r', open.address], { cwd: folder });
      expect(listed.stdout.trim()).toBe('');
    } finally {
      await open.close();
    }
  });

  it('wants a client certificate and its key together', async () => {
    const words = ['pack', 'push', '-r', registry.address, '-c', path, '--client-cert', path];
    expect(await runCommand(registerPack, words, { cwd: folder })).toMatchObject({ exitCode: 2, error: 'USAGE' });
  });

  it('says that the registry wants a login, and ends as package errors do', async () => {
    const words = ['pack', 'push', '-r', registry.address, '-c', path];
    const outcome = await runCommand(registerPack, words, { cwd: folder });
    expect(outcome).toMatchObject({ exitCode: 9, error: 'REGISTRY_DENIED' });
    expect(outcome.stderr).toContain('it asks for a login and none was given');
  });

  it('refuses a registry address with a scheme or a path', async () => {
    const words = ['pack', 'push', '-r', 'http://127.0.0.1:11443/v2/', '-c', path];
    expect(await runCommand(registerPack, words, { cwd: folder })).toMatchObject({ exitCode: 2, error: 'USAGE' });
  });

  it('shows what a package holds and proves it sound', async () => {
    const inspected = await runCommand(registerPack, ['pack', 'inspect', path], { cwd: folder });
    expect(inspected.stdout).toContain('image  ait/sample:v1  sha256:');
    const verified = await runCommand(registerPack, ['pack', 'verify', path, '-o', 'json'], { cwd: folder });
    expect(JSON.parse(verified.stdout)).toMatchObject({ images: 1, blobs: 2 });
  });
});
