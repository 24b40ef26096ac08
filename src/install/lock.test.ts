import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from './lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'globalctl-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the lock of an installation', () => {
  it('refuses a second holder and names the process that holds it', async () => {
    await using _held = await acquireLock(folder);
    await expect(acquireLock(folder)).rejects.toMatchObject({
      code: 'LOCK_HELD',
      message: expect.stringContaining(String(process.pid)) as string,
    });
  });

  it('is free again after its holder released it', async () => {
    await (await acquireLock(folder))[Symbol.asyncDispose]();
    await using again = await acquireLock(folder);
    expect(again).toBeDefined();
  });

  it('is free at once after its holder was killed', async () => {
    const name = `globalctl-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
    const holder = spawn(process.execPath, [
      '-e',
      `require('node:net').createServer().listen('\\0${name}', () => console.log('held'))`,
    ]);
    await once(holder.stdout, 'data');
    await expect(acquireLock(folder)).rejects.toMatchObject({ code: 'LOCK_HELD' });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await using held = await acquireLock(folder);
    expect(held).toBeDefined();
  });
});
