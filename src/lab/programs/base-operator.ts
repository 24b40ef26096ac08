import { startAppReleaseOperator } from '../../platform/apprelease/index.ts';
import { runModuleController } from '../../platform/modules/index.ts';
import type { Program } from '../program.ts';

/** The platform's base operator: installs the charts that AppReleases ask for, and turns modules into AppReleases. */
export const baseOperator: Program = {
  image: 'ait/base-operator',
  run: async (context) => {
    const { client, clock, pod, signal } = context;
    let parts = 2;
    const ready = (): void => {
      if (--parts === 0) context.markReady();
    };
    const log = (line: string): void => context.log(line);
    await Promise.all([
      startAppReleaseOperator({
        client,
        kubeconfigText: context.kubeconfig,
        // The platform's registries stand on certificates of their own; container runtimes are told to trust them too.
        registry: { insecure: true, proxyUrl: context.proxyUrl },
        clock,
        lease: { namespace: pod.metadata.namespace, identity: pod.metadata.name },
        signal,
        log,
        onReady: ready,
      }),
      runModuleController({ client, clock, signal, log, onSynced: ready }),
    ]);
  },
};
