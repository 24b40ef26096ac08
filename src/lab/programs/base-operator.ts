import { startAppReleaseOperator } from '../../platform/apprelease/index.ts';
import type { Program } from '../program.ts';

/** The platform's base operator: installs the charts that AppReleases ask for. */
export const baseOperator: Program = {
  image: 'ait/base-operator',
  run: (context) =>
    startAppReleaseOperator({
      client: context.client,
      kubeconfigText: context.kubeconfig,
      // The bootstrap registry's certificate is its own; container runtimes are told so too.
      registry: { insecure: true, proxyUrl: context.proxyUrl },
      clock: context.clock,
      signal: context.signal,
      log: (line) => context.log(line),
      onReady: () => context.markReady(),
    }),
};
