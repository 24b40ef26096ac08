import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/base/index.ts';
import { findBinary } from '../../src/platform/helm/index.ts';
import { inRepository, run, type Ended } from './program.ts';
import { criteriaOf } from './rehearsal.ts';

const LIMIT_MS = 300_000;

let folder: string;
let built: { readonly status: number | null; readonly said: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-executable-'));
  const making = spawnSync(process.execPath, [inRepository('scripts/build-bin.mjs'), join(folder, 'made')], {
    encoding: 'utf8',
  });
  built = { status: making.status, said: making.stderr };
  await mkdir(join(folder, 'tools'));
  // What setup.sh needs of a host; node is not among it.
  for (const tool of ['sh', 'sed', 'head', 'dirname', 'rm'])
    await symlink(await onPath(tool), join(folder, 'tools', tool));
  await mkdir(join(folder, 'helm'));
  await cp((await findBinary('helm')).path, join(folder, 'helm/helm'));
  await chmod(join(folder, 'helm/helm'), 0o755);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function onPath(tool: string): Promise<string> {
  for (const place of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(place, tool);
    if (
      await stat(path).then(
        (s) => s.isFile(),
        () => false,
      )
    )
      return path;
  }
  throw new Error(`${tool} is not on PATH`);
}

function globalctl(args: readonly string[], path: readonly string[]): Promise<Ended> {
  const env = { PATH: path.map((name) => join(folder, name)).join(delimiter), HOME: join(folder, 'home') };
  return run(join(folder, 'made/globalctl'), args, { env, cwd: join(folder, 'work') });
}

describe('the single executable, in an empty folder of a host without Node.js', () => {
  it(
    'rehearses the site that its own init wrote, from a Core Package that carries it',
    { timeout: LIMIT_MS },
    async (test) => {
      if (built.status !== 0) return skipBuild(test.skip);
      await mkdir(join(folder, 'work'), { recursive: true });
      const written = await globalctl(['init', '--provider', 'dcs', '--output', 'site.yaml'], ['tools']);
      expect(written).toMatchObject({ code: 0 });
      const rehearsed = await globalctl(
        ['rehearse', '-f', 'site.yaml', '--speed', '2000', '-o', 'json'],
        ['tools', 'helm'],
      );
      const criteria = criteriaOf(rehearsed);
      expect(criteria.filter((c) => !c.ok)).toEqual([]);
      expect(criteria.length).toBeGreaterThanOrEqual(4);
      expect(rehearsed.code).toBe(0);
      const { size } = await stat(join(folder, 'made/globalctl'));
      process.stdout.write(`single executable: ${String(Math.round(size / 2 ** 20))} MiB\n`);
    },
  );

  it('says at once what to do when there is no helm', { timeout: 60_000 }, async (test) => {
    if (built.status !== 0) return skipBuild(test.skip);
    await mkdir(join(folder, 'work'), { recursive: true });
    await globalctl(['init', '--provider', 'hcs', '--output', 'other.yaml'], ['tools']);
    const { code, stderr } = await globalctl(['rehearse', '-f', 'other.yaml'], ['tools']);
    expect(code).toBe(exitCodes.precondition);
    expect(stderr).toContain('error COMMAND_NOT_FOUND: helm is not installed');
    expect(stderr).toMatch(/cure: +Install helm 3\.13 or newer, or set GLOBALCTL_HELM to its path\./);
    expect(stderr).not.toContain('[1/9]');
  });
});

function skipBuild(skip: (note: string) => void): void {
  const why = built.said.trim().split('\n').at(-1) ?? '';
  process.stdout.write(`skipped: the single executable: it cannot be built here: ${why}\n`);
  skip(why);
}
