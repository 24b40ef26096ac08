// Objects created, read, listed and watched per second, and how long an event takes to its reader.
import { configMap, delivered, Load } from './load.mjs';

/** How much a round does, by the number of watchers that look on. */
export const FULL = {
  rounds: 5,
  watchers: [
    { watchers: 1, writes: 2000, reads: 4000, single: 200 },
    { watchers: 50, writes: 1000, reads: 4000, single: 100 },
    { watchers: 500, writes: 200, reads: 2000, single: 40 },
  ],
  lists: 20,
};
export const QUICK = {
  rounds: 2,
  watchers: [
    { watchers: 1, writes: 400, reads: 800, single: 60 },
    { watchers: 50, writes: 200, reads: 400, single: 40 },
    { watchers: 500, writes: 30, reads: 400, single: 8 },
  ],
  lists: 5,
};
/** Enough to see that every part runs. */
export const TINY = {
  rounds: 1,
  watchers: [
    { watchers: 1, writes: 4, reads: 4, single: 2 },
    { watchers: 3, writes: 4, reads: 4, single: 2 },
  ],
  lists: 1,
};

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** One round against one server; adds its figures to `figures` (name -> values). */
export async function apiRound(server, work, round, figures) {
  const load = new Load(server);
  const note = (name, value) => (figures[name] ??= []).push(value);
  try {
    const namespace = `bench-${round}`;
    await load.call(
      'POST',
      '/api/v1/namespaces',
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }),
    );
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const create = (name) => load.call('POST', path, JSON.stringify(configMap(name)));
    for (const { watchers: count, writes, reads, single } of work.watchers) {
      const of = ` with ${count} watcher${count === 1 ? '' : 's'}`;
      const watchers = await load.watch(path, count);
      try {
        await latencies({ create, watchers, single, prefix: `one-${count}`, note, of });
        const before = watchers[0].events;
        const started = performance.now();
        const spent = server.processorMs();
        const all = delivered(watchers, before + writes);
        const seconds = await load.timed(writes, (i) => create(`many-${count}-${i}`));
        await all;
        note(`created/s${of}`, writes / seconds);
        note(`events/s${of}`, (writes * count) / ((performance.now() - started) / 1000));
        note(`processor ms a creation${of}`, (server.processorMs() - spent) / writes);
        const spentBefore = server.processorMs();
        const reading = await load.timed(reads, (i) => load.call('GET', `${path}/many-${count}-${i % writes}`));
        note(`read/s${of}`, reads / reading);
        note(`processor ms a read${of}`, (server.processorMs() - spentBefore) / reads);
      } finally {
        for (const watcher of watchers) watcher.close();
      }
    }
    const total = work.watchers.reduce((sum, w) => sum + w.writes + w.single, 0);
    const spent = server.processorMs();
    const listing = await load.timed(work.lists, () => load.call('GET', path));
    note('listed objects/s, whole lists', (work.lists * total) / listing);
    note('processor ms per 1000 listed', ((server.processorMs() - spent) * 1000) / (work.lists * total));
    const pages = await load.timed(work.lists, () => load.call('GET', `${path}?limit=500`));
    note('listed objects/s, pages of 500', (work.lists * Math.min(500, total)) / pages);
    await load.call('DELETE', path);
  } finally {
    await load.close();
  }
}

/** One write at a time, the next when all have seen it: nothing but its own way delays an event. */
async function latencies({ create, watchers, single, prefix, note, of }) {
  const sinceSent = [];
  const sinceAnswered = [];
  // The first few warm the connections.
  for (let i = -3; i < single; i++) {
    const seen = [];
    const before = watchers[0].events;
    const all = new Promise((resolve) => {
      for (const watcher of watchers)
        watcher.onEvent = () => {
          seen.push(performance.now());
          if (seen.length === watchers.length) resolve();
        };
    });
    const sent = performance.now();
    await create(`${prefix}-${i + 3}`);
    const answered = performance.now();
    await all;
    if (watchers.some((w) => w.events !== before + 1)) throw new Error('a watcher saw an event twice');
    if (i < 0) continue;
    sinceSent.push(...seen.map((at) => at - sent));
    sinceAnswered.push(...seen.map((at) => Math.max(0, at - answered)));
  }
  for (const values of [sinceSent, sinceAnswered]) values.sort((a, b) => a - b);
  note(`event ms since sent, median${of}`, percentile(sinceSent, 0.5));
  note(`event ms since sent, p99${of}`, percentile(sinceSent, 0.99));
  note(`event ms since answered, median${of}`, percentile(sinceAnswered, 0.5));
}
