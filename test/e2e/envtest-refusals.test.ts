import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabClient, LabHome } from '../../src/lab/index.ts';
import { Program, type Ended, type Running } from './program.ts';

const LIMIT_MS = 60_000;

describe('a lab that is to run on real API servers', () => {
  let program: Program;
  let folder: string;
  beforeAll(async () => {
    program = await Program.build();
    folder = await mkdtemp(join(tmpdir(), 'globalctl-e2e-assets-'));
    await script('etcd', "echo 'etcd Version: 3.5.21'");
    await script('kube-apiserver', "echo 'Kubernetes v1.33.4'");
  }, 120_000);
  afterAll(async () => {
    await program?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const home = (): string => join(folder, 'lab');

  /** A program that says its version and then does as told. */
  async function script(name: string, version: string, then = 'exit 1'): Promise<void> {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\nif [ "$1" = --version ]; then ${version}; exit 0; fi\n${then}\n`);
    await chmod(path, 0o755);
  }

  function start(args: readonly string[], assets: string | undefined): Running {
    const env = {
      PATH: process.env['PATH'],
      HOME: folder,
      ...(assets !== undefined && { KUBEBUILDER_ASSETS: assets }),
    };
    return program.start(args, { env, cwd: folder });
  }

  function up(assets: string | undefined): Promise<Ended> {
    return start(['lab', 'up', '--home', home(), '--control-plane', 'envtest'], assets).ended;
  }

  it('asks for the folder when nothing names it', async () => {
    const { code, stderr } = await up(undefined);
    expect(stderr).toContain('--control-plane envtest needs KUBEBUILDER_ASSETS');
    expect(code).toBe(2);
  });

  it('names the folder that does not exist, before anything starts', async () => {
    const { code, stderr } = await up(join(folder, 'nowhere'));
    expect(stderr).toContain('LAB_CONTROL_PLANE');
    expect(stderr).toContain(join(folder, 'nowhere'));
    expect(code).toBe(5);
    expect(await LabClient.find(home())).toBeUndefined();
  });

  it('names the program that is missing', async () => {
    await rm(join(folder, 'kube-apiserver'));
    const { code, stderr } = await up(folder);
    expect(stderr).toContain(`${join(folder, 'kube-apiserver')} is missing`);
    expect(code).toBe(5);
  });

  it(
    'shows the end of the log of a server that ends at once, where the cluster is asked for',
    async () => {
      await script('kube-apiserver', "echo 'Kubernetes v1.33.4'");
      await script('etcd', "echo 'etcd Version: 3.5.21'", 'echo "listen tcp: permission denied"; exit 1');
      expect((await up(folder)).code).toBe(0);
      try {
        const root = join(folder, 'root');
        const { code, stderr } = await start(['lab', 'bootstrap', '--home', home(), '--root', root], undefined).ended;
        expect(stderr).toContain('etcd did not start: exit code 1');
        expect(stderr).toContain('listen tcp: permission denied');
        expect(code).toBe(5);
      } finally {
        await start(['lab', 'down', '--home', home()], undefined).ended;
      }
    },
    LIMIT_MS,
  );

  it(
    'takes its servers along when it is killed',
    async () => {
      const pidFile = join(folder, 'etcd.pid');
      await script('etcd', "echo 'etcd Version: 3.5.21'", `echo $$ > '${pidFile}'; exec sleep 1000`);
      expect((await up(folder)).code).toBe(0);
      const bootstrap = start(['lab', 'bootstrap', '--home', home(), '--root', join(folder, 'root')], undefined);
      await expect.poll(() => readFile(pidFile, 'utf8').catch(() => ''), { timeout: 20_000 }).toMatch(/^\d+\n/);
      const server = Number(await readFile(pidFile, 'utf8'));
      const lab = await new LabHome(home()).read();
      process.kill(server, 0);
      process.kill(lab?.pid ?? 0, 'SIGKILL');
      await expect
        .poll(() => readFile(`/proc/${String(server)}/stat`, 'utf8').catch(() => 'gone'), { timeout: 20_000 })
        .toBe('gone');
      expect((await bootstrap.ended).code).not.toBe(0);
    },
    LIMIT_MS,
  );
});
