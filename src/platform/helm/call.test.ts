import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand, startTicksOf } from '../../base/index.ts';
import { callHelm } from './call.ts';
import { createHelm } from './helm.ts';
import { createCallFolder, sweepLeftovers } from './leftovers.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-call-'));
  await mkdir(join(folder, 'tmp'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program in Helm's place: says its version when asked, else runs `script`. */
async function fakeHelm(script: string, version = 'v4.1.0'): Promise<{ helmPath: string; temporaryFolder: string }> {
  const helmPath = join(await mkdtemp(join(folder, 'bin-')), 'helm');
  await writeFile(helmPath, `#!/bin/sh\nif [ "$1" = version ]; then echo ${version}; exit; fi\n${script}\n`, {
    mode: 0o755,
  });
  return { helmPath, temporaryFolder: join(folder, 'tmp') };
}

const kubeconfigText = 'a kubeconfig with a secret-token';

describe('callHelm', () => {
  it('hands the kubeconfig over in a file of its own, values by standard input, and clears all of it away', async () => {
    const access = await fakeHelm(
      'echo "$@" > "$0.args"; cat - > "$0.values"; cp "$KUBECONFIG" "$0.kubeconfig"; stat -c %a "$KUBECONFIG"',
    );
    const { stdout } = await callHelm({ ...access, kubeconfigText }, ['upgrade', 'x'], {
      chart: Buffer.from('a chart'),
      values: { password: 'a-password' },
      timeoutMs: 1500,
    });
    expect(stdout).toBe('600');
    expect(await readFile(`${access.helmPath}.args`, 'utf8')).toMatch(
      /^upgrade x \S+\/chart.tgz --values - --timeout 2s\n$/,
    );
    expect(await readFile(`${access.helmPath}.values`, 'utf8')).toBe('{"password":"a-password"}');
    expect(await readFile(`${access.helmPath}.kubeconfig`, 'utf8')).toBe(kubeconfigText);
    expect(await readdir(access.temporaryFolder)).toEqual([]);
  });

  it("fails in Helm's own words, whatever it said before, and without the paths of the call", async () => {
    const access = await fakeHelm(
      'echo "level=WARN msg=old" >&2; printf "Error: values are wrong:\\nsample:\\n- host is required\\n" >&2; exit 1',
    );
    await expect(callHelm({ ...access, kubeconfigText }, ['upgrade', '--install', 'x'], {})).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: 'helm upgrade x: values are wrong: sample: - host is required',
      details: { found: 'Error: values are wrong:\nsample:\n- host is required' },
    });
    expect(await readdir(access.temporaryFolder)).toEqual([]);
  });

  it('ends a Helm that does not heed its time, and says which call it was', async () => {
    const access = await fakeHelm('echo $$ > "$0.pid"; exec sleep 600');
    const call = callHelm({ ...access, kubeconfigText, graceMs: 100 }, ['upgrade', 'x'], { timeoutMs: 100 });
    await expect(call).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('helm upgrade x: not within 200ms') as string,
    });
    expect(await startTicksOf(Number(await readFile(`${access.helmPath}.pid`, 'utf8')))).toBeUndefined();
    expect(await readdir(access.temporaryFolder)).toEqual([]);
  });

  it('ends Helm when the work is called off', async () => {
    const access = await fakeHelm('echo $$ > "$0.pid"; mv "$0.pid" "$0.started"; exec sleep 600');
    const stop = new AbortController();
    const call = callHelm({ ...access, kubeconfigText }, ['upgrade', 'x'], { signal: stop.signal });
    const refused = expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    const pid = Number(await appears(`${access.helmPath}.started`));
    stop.abort();
    await refused;
    expect(await startTicksOf(pid)).toBeUndefined();
  });

  it('ends the Helm that a killed process left at work, and removes its credentials, before it starts its own', async () => {
    const access = await fakeHelm('true');
    // The folder of a process that is gone: its pid is that of a process that has ended.
    const gone = spawn('true');
    await once(gone, 'exit');
    const left = join(access.temporaryFolder, `globalctl-helm-${String(gone.pid)}-1-abc`);
    await mkdir(left);
    await writeFile(join(left, 'kubeconfig'), kubeconfigText);
    const orphan = spawn('sleep', ['600'], { env: { ...process.env, KUBECONFIG: join(left, 'kubeconfig') } });
    const ended = once(orphan, 'exit');
    const own = await createCallFolder(access.temporaryFolder);
    await callHelm({ ...access, kubeconfigText }, ['list'], {});
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(await readdir(access.temporaryFolder)).toEqual([own.slice(access.temporaryFolder.length + 1)]);
    expect(await sweepLeftovers(access.temporaryFolder)).toBe(0);
  });

  it('says which folder cannot be written', async () => {
    const access = await fakeHelm('true');
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    await expect(callHelm({ ...access, temporaryFolder: file, kubeconfigText }, ['list'], {})).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
      details: { subject: file },
    });
  });

  it('says that there is no space, with the folder that is full, and leaves nothing there', async ({ skip }) => {
    const access = await fakeHelm('true');
    const small = join(folder, 'small');
    await mkdir(small);
    const mounted = await runCommand({
      program: 'mount',
      args: ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', small],
    }).then(
      () => true,
      () => false,
    );
    if (!mounted) skip('needs the right to mount a small file system');
    try {
      const chart = Buffer.alloc(64 * 1024);
      await expect(
        callHelm({ ...access, temporaryFolder: small, kubeconfigText }, ['upgrade', 'x'], { chart }),
      ).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: expect.stringContaining('ENOSPC') as string,
        details: { hint: `Free space in ${small}, or set TMPDIR to a folder with more.` },
      });
      expect(await readdir(small)).toEqual([]);
    } finally {
      await runCommand({ program: 'umount', args: [small] });
    }
  });
});

describe('createHelm', () => {
  it('takes fields back from others with Helm 4, whose server-side apply refuses them, and not with Helm 3', async () => {
    for (const [version, flags] of [
      ['v4.1.0', ['--server-side=true', '--force-conflicts']],
      ['v3.17.1', []],
    ] as const) {
      const access = await fakeHelm('echo "$@" > "$0.args"', version);
      await createHelm({ ...access, kubeconfigText }).rollback({ name: 'x', namespace: 'y' }, 3);
      const words = (await readFile(`${access.helmPath}.args`, 'utf8')).trim().split(' ');
      expect(words).toEqual(['rollback', 'x', '3', '--namespace', 'y', ...flags]);
    }
  });
});

/** The content of a file that another process writes. */
async function appears(path: string): Promise<string> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
    if (Date.now() > deadline) throw new Error(`never: ${path}`);
    await new Promise((done) => setImmediate(done));
  }
}
