import { SeededRandom, systemClock } from '../../src/base/index.ts';
import { HttpKubeClient } from '../../src/kube/index.ts';
import { runKubernetesControllers } from '../../src/lab/controllers/index.ts';

/** Starts the lab's controllers beside its API server; resolves, when they know what is there, with what ends them. */
export async function startLabControllers(kubeconfig: string, caPem: string): Promise<() => Promise<void>> {
  const client = await HttpKubeClient.fromText(kubeconfig, { fieldManager: 'kube-controller-manager' });
  const stop = new AbortController();
  let running = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    running = runKubernetesControllers({
      client,
      clock: systemClock,
      random: new SeededRandom(1),
      signal: stop.signal,
      caPem,
      onSynced: resolve,
    }).catch((error: unknown) => reject(error instanceof Error ? error : new Error(String(error))));
  });
  return async () => {
    stop.abort();
    await running;
    await client.close();
  };
}
