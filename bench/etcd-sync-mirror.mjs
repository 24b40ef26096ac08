// One mirror in a process of its own, so that its memory can be told: bundle, source, target. Says `following` when the copy is
// done; ends with standard input and then prints the most memory that it had, in KiB.
const [, , bundle, from, to] = process.argv;
const { connectEtcd, everything, Mirror } = await import(bundle);
const [source, target] = await Promise.all([from, to].map((endpoint) => connectEtcd({ endpoints: [endpoint] })));
const stop = new AbortController();
const mirror = new Mirror({
  source,
  target,
  sourceId: async () => (await source.status()).cluster,
  checkpointKey: Buffer.from('/globalctl/etcd-sync/checkpoint'),
  holder: 'bench',
  scope: 'everything',
  selectAt: () => Promise.resolve(everything),
  signal: stop.signal,
  onEvent: (event) => {
    if (event.type === 'trouble') console.error(event.error.message);
    if (event.type === 'following') console.log('following');
  },
});
const running = mirror.run();
process.stdin.on('end', () => stop.abort()).resume();
await running;
await Promise.all([source.close(), target.close()]);
console.log(process.resourceUsage().maxRSS);
