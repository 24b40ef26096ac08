import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ManualClock, systemClock, type Clock } from '../../base/index.ts';
import { DataCentre, LabSites } from '../datacentre/index.ts';
import { defaultLabSettings, LabClient, LabHome, serveLab, type LabSettings, type ServeOutcome } from './index.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function makeHome(suffix = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-home-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return join(folder, suffix);
}

/** A lab without programs; resolves when it can be reached. */
async function serve(
  home: string,
  options: { settings?: Partial<LabSettings>; clock?: Clock; beforeStart?: () => Promise<void> } = {},
): Promise<{ ended: Promise<ServeOutcome>; abort: () => void }> {
  const stop = new AbortController();
  let ready: () => void = () => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const ended = serveLab({
    home,
    settings: { ...defaultLabSettings, ...options.settings },
    clock: options.clock ?? systemClock,
    signal: stop.signal,
    log: () => undefined,
    onReady: () => ready(),
    start: async ({ home: labHome, settings, onTraffic }) => {
      await options.beforeStart?.();
      return LabSites.single(
        await DataCentre.start({
          folder: labHome.dataFolder,
          speed: settings.speed,
          seed: settings.seed,
          hostIP: settings.hostIP,
          names: settings.names,
          programs: [],
          validators: {},
          bootstrapCrds: [],
          onTraffic,
        }),
      );
    },
  });
  cleanups.push(() => {
    stop.abort();
    return ended;
  });
  await Promise.race([isReady, ended]);
  return { ended, abort: () => stop.abort() };
}

test('a lab is found through its home folder, answers its status and stops when told to', async () => {
  const home = await makeHome('a');
  const names = new Map([['console.example.com', '192.0.2.10']]);
  const { ended } = await serve(home, { settings: { names, seed: 'x' } });
  const client = await LabClient.find(home);
  const status = await client?.status();
  expect(status).toMatchObject({
    pid: process.pid,
    seed: 'x',
    names: { 'console.example.com': '192.0.2.10' },
    clusters: [],
  });
  expect(status?.proxyUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await stat(new LabHome(home).socket)).mode & 0o777).toBe(0o600);
  await client?.stop();
  expect(await ended).toBe('stopped');
  expect(await LabClient.find(home)).toBeUndefined();
  expect(await readdir(home)).toEqual([]);
});

test('a second process does not serve the same home folder', async () => {
  const home = await makeHome('a');
  await serve(home);
  expect(await (await serve(home)).ended).toBe('already-running');
  expect(await LabClient.find(home)).toBeDefined();
});

test('a lab that another command has begun to start is waited for, not taken for absent', async () => {
  const home = await makeHome('a');
  let begun: () => void = () => undefined;
  const isBegun = new Promise<void>((resolve) => (begun = resolve));
  let goOn: () => void = () => undefined;
  const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
  const serving = serve(home, {
    beforeStart: () => {
      begun();
      return mayGoOn;
    },
  });
  await isBegun;
  expect(await LabClient.find(home)).toBeUndefined();
  const found = LabClient.settled(home);
  goOn();
  await serving;
  expect((await found)?.record.pid).toBe(process.pid);
});

test('a stopped lab has given up its home folder when the stop resolves', async () => {
  const home = await makeHome('a');
  await serve(home);
  const client = await LabClient.find(home);
  await client?.stop();
  expect(await readdir(home)).toEqual([]);
  expect(await LabClient.settled(home)).toBeUndefined();
});

test('what a killed lab left behind does not keep a new one from starting', async () => {
  const home = await makeHome();
  const paths = new LabHome(home);
  // No process has this number: it is above the largest that Linux gives.
  await writeFile(join(paths.folder, 'lock'), '4194399\n');
  await writeFile(paths.socket, '');
  await paths.write({ pid: 4194399, startedAt: '', proxyUrl: 'http://127.0.0.1:1', socket: paths.socket });
  expect(await LabClient.find(home)).toBeUndefined();
  await serve(home);
  expect((await LabClient.find(home))?.record.pid).toBe(process.pid);
});

test('a home folder with a long path gets its socket elsewhere', async () => {
  const home = await makeHome('deep/'.repeat(30));
  await serve(home);
  expect(await LabClient.find(home)).toBeDefined();
  expect(new LabHome(home).socket.length).toBeLessThan(100);
});

test('a lab that nobody uses ends after its idle timeout; being asked puts that off', async () => {
  const home = await makeHome('a');
  const clock = new ManualClock();
  const { ended } = await serve(home, { clock, settings: { idleTimeoutMs: 60_000 } });
  await clock.advance(50_000);
  await (await LabClient.find(home))?.touch();
  await clock.advance(50_000);
  const client = await LabClient.find(home);
  expect(client).toBeDefined();
  await clock.advance(61_000);
  expect(await ended).toBe('idle');
});

test('a lab that is to be kept stays until it is let go', async () => {
  const home = await makeHome('a');
  const clock = new ManualClock();
  const { ended } = await serve(home, { clock, settings: { idleTimeoutMs: 60_000 } });
  const client = await LabClient.find(home);
  await client?.touch({ keep: true });
  await clock.advance(600_000);
  // A lab that is ending refuses one of these.
  for (let i = 0; i < 20; i++) expect((await client?.status())?.keep).toBe(true);
  await client?.touch({ keep: false });
  await clock.advance(120_000);
  expect(await ended).toBe('idle');
});

test('a bad request is answered with the code of the error', async () => {
  const home = await makeHome('a');
  await serve(home);
  const client = await LabClient.find(home);
  await expect(client?.bootstrap({ root: '' })).rejects.toMatchObject({ code: 'USAGE' });
});
