// The same for etcd's own API: puts, ranges and watch events per second, through the project's client.
const KEYS = 16;

export const FULL = { rounds: 5, puts: 3000, ranges: 3000, watchers: 50, watched: 300 };
export const QUICK = { rounds: 2, puts: 600, ranges: 600, watchers: 20, watched: 60 };
export const TINY = { rounds: 1, puts: 8, ranges: 8, watchers: 2, watched: 4 };

async function timed(count, one) {
  const started = performance.now();
  let next = 0;
  const worker = async () => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: KEYS }, worker));
  return (performance.now() - started) / 1000;
}

export async function etcdRound(server, work, round, figures, { connectEtcd, prefixRange }) {
  const store = await connectEtcd({ endpoints: [server.etcd] });
  const note = (name, value) => (figures[name] ??= []).push(value);
  const value = Buffer.alloc(2048, 'x');
  const key = (i) => Buffer.from(`/bench/${round}/${i}`);
  try {
    const puts = await timed(work.puts, (i) => store.put({ key: key(i), value }));
    note('etcd puts/s', work.puts / puts);
    const ranges = await timed(work.ranges, (i) => store.range({ key: key(i % work.puts) }));
    note('etcd ranges/s', work.ranges / ranges);
    const lists = await timed(KEYS, () => store.range(prefixRange(`/bench/${round}/`)));
    note('etcd keys/s in ranges of all', (KEYS * work.puts) / lists);

    const stop = new AbortController();
    const { revision } = await store.range({ key: key(0) });
    const watches = Array.from({ length: work.watchers }, () =>
      store.watch({ ...prefixRange(`/bench/${round}/`), startRevision: revision + 1, signal: stop.signal }),
    );
    const started = performance.now();
    const read = watches.map(async (watch) => {
      let seen = 0;
      for await (const { events } of watch) if ((seen += events.length) >= work.watched) return;
    });
    await timed(work.watched, (i) => store.put({ key: key(i), value }));
    await Promise.all(read);
    note(
      `etcd events/s with ${work.watchers} watchers`,
      (work.watched * work.watchers) / ((performance.now() - started) / 1000),
    );
    stop.abort();
    await store.deleteRange(prefixRange(`/bench/${round}/`));
  } finally {
    await store.close();
  }
}
