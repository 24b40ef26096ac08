// Memory with many objects, and whether a list of all of them holds up everybody else.
import { configMap, Load } from './load.mjs';

/** Fills a server with `count` ConfigMaps of about 2 KB; answers what that cost. */
export async function memoryOf(server, count) {
  const load = new Load(server);
  const empty = server.resident();
  try {
    await load.call(
      'POST',
      '/api/v1/namespaces',
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'many' } }),
    );
    const path = '/api/v1/namespaces/many/configmaps';
    const seconds = await load.timed(count, (i) => load.call('POST', path, JSON.stringify(configMap(`object-${i}`))));
    const filled = server.resident();
    const heap = await server.collected?.();
    const list = await listBesideReads(load, path);
    return {
      'created/s while filling': count / seconds,
      'MiB resident, empty': empty.now,
      'MiB resident, filled': filled.now,
      ...(heap && {
        'MiB resident, filled and collected': heap.after.rss / 2 ** 20,
        'MiB heap and buffers, collected': (heap.after.heapUsed + heap.after.external) / 2 ** 20,
      }),
      's to list all': list.seconds,
      'MiB of that list': list.bytes / 2 ** 20,
      'ms that a read waits beside it at most': list.worstMs,
      'MiB resident, at most': server.resident().peak,
    };
  } finally {
    await load.close();
  }
}

async function listBesideReads(load, path) {
  let listing = true;
  let worstMs = 0;
  const reads = (async () => {
    while (listing) {
      const started = performance.now();
      await load.call('GET', `${path}/object-7`);
      worstMs = Math.max(worstMs, performance.now() - started);
    }
  })();
  const started = performance.now();
  const bytes = (await load.call('GET', path)).byteLength;
  const seconds = (performance.now() - started) / 1000;
  listing = false;
  await reads;
  return { seconds, bytes, worstMs };
}
