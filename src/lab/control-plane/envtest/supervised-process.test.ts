import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isGlobalctlError } from '../../../base/index.ts';
import { fakePrograms } from './fake-programs.fixture.ts';
import { awaitReady, withFreePorts } from './server-start.ts';
import { startSupervised } from './supervised-process.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Starts a script as a server; its log is in its folder. */
async function start(
  script: string,
): ReturnType<typeof startSupervised> extends Promise<infer S> ? Promise<{ server: S } & AsyncDisposable> : never {
  const programs = await fakePrograms({ server: script });
  const server = await startSupervised({
    program: join(programs.folder, 'server'),
    args: ['--flag', 'a b'],
    logFile: join(programs.folder, 'logs/server.log'),
  });
  return {
    server,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await programs[Symbol.asyncDispose]();
    },
  };
}

it('kills the server itself when it is stopped, which is no failure', async () => {
  await using running = await start('echo "pid $$"; exec sleep 1000');
  const { server } = running;
  let pid: number | undefined;
  await awaitReady({
    server,
    limitMs: 10_000,
    isReady: async () => (pid = Number(/pid (\d+)/.exec(await server.logTail())?.[1] ?? NaN)) > 0,
  });
  expect(isAlive(pid ?? 0)).toBe(true);
  await server.stop();
  expect(isAlive(pid ?? 0)).toBe(false);
  expect(server.failure()).toBeUndefined();
});

it('passes arguments on as they are, and no variables of the environment', async () => {
  process.env['ETCD_DATA_DIR'] = '/elsewhere';
  try {
    await using running = await start('echo "$# <$2> ${ETCD_DATA_DIR:-unset}"');
    await running.server.ended;
    expect(await running.server.logTail()).toBe('2 <a b> unset');
  } finally {
    delete process.env['ETCD_DATA_DIR'];
  }
});

it('tells how a server ended by itself, with the end of its log', async () => {
  await using running = await start('for i in $(seq 40); do echo "line $i"; done; echo "panic: no disk"; exit 3');
  const { server } = running;
  await server.ended;
  expect(server.failure()).toBe('exit code 3');
  const error: unknown = await awaitReady({ server, limitMs: 10_000, isReady: () => Promise.resolve(false) }).catch(
    (thrown: unknown) => thrown,
  );
  expect(isGlobalctlError(error, 'LAB_CONTROL_PLANE') && error.details).toMatchObject({
    message: 'server did not start: exit code 3',
    found: expect.stringMatching(/^line 27\n[^]*line 40\npanic: no disk$/) as string,
  });
});

it('leaves the stack traces of a Go program out', async () => {
  await using running = await start('echo "panic: nil"; echo; echo "goroutine 1 [running]:"; seq 100; exit 2');
  await running.server.ended;
  expect(await running.server.logTail()).toBe('panic: nil');
});

it('counts a program that cannot be started as one that ended', async () => {
  await using programs = await fakePrograms({});
  const server = await startSupervised({
    program: '/no/such/program',
    args: [],
    logFile: join(programs.folder, 'server.log'),
  });
  await server.ended;
  expect(server.failure()).toBe('exit code 127');
});

it('gives up on a server that does not become ready in time', async () => {
  await using running = await start('exec sleep 1000');
  await expect(
    awaitReady({ server: running.server, limitMs: 50, isReady: () => Promise.resolve(false) }),
  ).rejects.toThrow('not ready after 0.05 s');
});

it('takes other ports when somebody else was faster, but not for ever', async () => {
  let attempts = 0;
  const attempt = async (): Promise<string> => {
    attempts++;
    await using running = await start(attempts < 3 ? 'echo "bind: address already in use"; exit 1' : 'exec sleep 1000');
    await awaitReady({ server: running.server, limitMs: 10_000, isReady: () => Promise.resolve(attempts === 3) });
    return 'ready';
  };
  expect(await withFreePorts(attempt)).toBe('ready');
  expect(attempts).toBe(3);
  attempts = -10;
  await expect(withFreePorts(attempt)).rejects.toThrow('exit code 1');
  expect(attempts).toBe(-7);
});
