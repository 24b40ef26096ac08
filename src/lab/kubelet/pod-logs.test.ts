import { expect, test } from 'vitest';
import { IpPool, nodeSlice, PodLogStore, registryOf } from './index.ts';
import { expand } from './pod-environment.ts';

function filled(): PodLogStore {
  const logs = new PodLogStore();
  logs.start('ns/pod', 'main');
  for (const second of [1, 2, 3]) logs.append('ns/pod', 'main', `line ${String(second)}`, second * 1000);
  return logs;
}

test('a log is read whole, by its tail, or since a time', () => {
  const logs = filled();
  expect(logs.read('ns/pod', {}, 4000)).toBe('line 1\nline 2\nline 3\n');
  expect(logs.read('ns/pod', { tailLines: 1 }, 4000)).toBe('line 3\n');
  expect(logs.read('ns/pod', { tailLines: 0 }, 4000)).toBe('');
  expect(logs.read('ns/pod', { sinceSeconds: 2 }, 4000)).toBe('line 2\nline 3\n');
  expect(logs.read('ns/pod', { limitBytes: 4 }, 4000)).toBe('line');
  expect(logs.read('ns/pod', { tailLines: 1, timestamps: true }, 4000)).toBe('1970-01-01T00:00:03.000Z line 3\n');
  expect(logs.read('ns/other', {}, 4000)).toBeUndefined();
});

test('a container that is started again has a previous log', () => {
  const logs = filled();
  logs.start('ns/pod', 'main');
  logs.append('ns/pod', 'main', 'second life', 5000);
  expect(logs.read('ns/pod', {}, 6000)).toBe('second life\n');
  expect(logs.read('ns/pod', { previous: true, tailLines: 1 }, 6000)).toBe('line 3\n');
});

test('following a log gives what is there, then what comes, until the Pod is gone', async () => {
  const logs = filled();
  const follow = logs.read('ns/pod', { follow: true, tailLines: 1 }, 4000) as AsyncGenerator<string>;
  expect((await follow.next()).value).toBe('line 3\n');
  const next = follow.next();
  logs.append('ns/pod', 'main', 'line 4', 4000);
  expect((await next).value).toBe('line 4\n');
  const last = follow.next();
  logs.remove('ns/pod');
  expect((await last).done).toBe(true);
});

test('following ends when the reader goes away', async () => {
  const logs = filled();
  const reader = new AbortController();
  const follow = logs.read('ns/pod', { follow: true, signal: reader.signal }, 4000) as AsyncGenerator<string>;
  await follow.next();
  const next = follow.next();
  reader.abort();
  expect((await next).done).toBe(true);
});

test('Pod addresses come from the block, one after another, and are not given twice', () => {
  const pool = new IpPool('100.3.0.0/29');
  const taken = [pool.take(), pool.take(), pool.take(), pool.take(), pool.take()];
  expect(taken).toEqual(['100.3.0.2', '100.3.0.3', '100.3.0.4', '100.3.0.5', '100.3.0.6']);
  expect(() => pool.take()).toThrowError(expect.objectContaining({ code: 'LAB_ADDRESS_IN_USE' }));
  pool.release('100.3.0.4');
  expect(pool.take()).toBe('100.3.0.4');
});

test('nodes get consecutive slices of the Pod network while there are any', () => {
  expect(nodeSlice('10.244.0.0/16', 0)).toBe('10.244.0.0/24');
  expect(nodeSlice('10.244.0.0/16', 255)).toBe('10.244.255.0/24');
  expect(nodeSlice('10.244.0.0/16', 256)).toBeUndefined();
});

test('the registry of an image is known by a dot or a port', () => {
  expect(registryOf('10.0.0.5:11443/ait/x:v1')).toBe('10.0.0.5:11443');
  expect(registryOf('registry.example.com/x')).toBe('registry.example.com');
  expect(registryOf('ait/x:v1')).toBeUndefined();
  expect(registryOf('x')).toBeUndefined();
});

test('references in arguments are replaced where the variable is known', () => {
  expect(expand('--node=$(NODE) $(UNKNOWN)', { NODE: 'a' })).toBe('--node=a $(UNKNOWN)');
});
