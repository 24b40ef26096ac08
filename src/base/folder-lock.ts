import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { readTextIfPresent, writeFileAtomic } from './files.ts';

/**
 * One process at a time per folder. The lock is a listening socket in Linux's abstract namespace: the kernel releases it when
 * the process ends, however it ends, so there is no stale lock to judge. The file `lock` in the folder only says who holds
 * it. Resolves with the lock, or with what is known of its holder (a process id, when it has been written).
 */
export async function lockFolder(folder: string): Promise<AsyncDisposable | { readonly heldBy: string | undefined }> {
  const server = createServer((socket) => socket.destroy());
  const free = await new Promise<boolean>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(false) : fail(error)));
    server.listen(socketName(folder), () => done(true));
  });
  if (!free) return { heldBy: await writtenHolder(folder) };
  server.unref();
  await writeFileAtomic(holderFile(folder), `${String(process.pid)}\n`);
  return {
    [Symbol.asyncDispose]: async () => {
      await rm(holderFile(folder), { force: true });
      await new Promise<void>((done) => {
        server.close(() => done());
      });
    },
  };
}

/** Who holds the lock of a folder, without taking it: undefined when nobody does. */
export async function folderHolder(folder: string): Promise<{ readonly heldBy: string | undefined } | undefined> {
  const held = await new Promise<boolean>((done, fail) => {
    const socket = connect(socketName(folder), () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? done(false) : fail(error)));
  });
  return held ? { heldBy: await writtenHolder(folder) } : undefined;
}

function socketName(folder: string): string {
  return `\0globalctl-${createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 32)}`;
}

function holderFile(folder: string): string {
  return join(resolve(folder), 'lock');
}

async function writtenHolder(folder: string): Promise<string | undefined> {
  return (await readTextIfPresent(holderFile(folder)))?.trim();
}
