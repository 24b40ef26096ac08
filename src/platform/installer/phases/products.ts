import { fieldAt, resources, watchUntil, type KubeObject } from '../../../kube/index.ts';
import { moduleInfoFor, modulePluginFor } from '../../modules/index.ts';
import type { Phase } from '../phase.ts';
import { GLOBAL, productChart, REGISTRY_AUTH_SECRET } from '../payload.ts';
import { hasRegistryLogin, platformValues, providerReleases } from '../platform-values.ts';
import { chartVersion, platformRegistry, requireNewestTag } from '../registries.ts';

/** The module that all others stand on. */
const BASE = 'base';

/** The products of the request, each as a module: what it consists of (ModulePlugin), and that it is wanted (ModuleInfo). */
export const productsPhase: Phase = {
  id: 'products',
  title: 'Install the platform products',
  weight: 20,
  run: async (context) => {
    const { config, request, source, signal, log } = context;
    const { client: target } = await context.target();
    const registry = platformRegistry(config, request);
    const values = platformValues(request, await providerReleases(source, signal));
    const infos: KubeObject[] = [];
    try {
      for (const product of request.product) {
        const version = chartVersion(await requireNewestTag(registry, productChart(product), signal));
        const plugin = modulePluginFor({
          name: product,
          type: 'product',
          charts: [{ name: productChart(product), releaseName: product, version }],
          values,
          repoURL: request.registry.domain,
          ...(hasRegistryLogin(request) && { chartPullSecret: REGISTRY_AUTH_SECRET }),
          dependencies: product === BASE ? [] : [BASE],
        });
        await target.apply(resources.modulePlugins, plugin, { force: true, signal });
        infos.push(moduleInfoFor({ cluster: GLOBAL, module: product, type: 'product', version }));
      }
    } finally {
      await registry.close();
    }
    for (const info of infos) await target.apply(resources.moduleInfoes, info, { force: true, signal });
    const names = infos.map((info) => info.metadata.name ?? '');
    await watchUntil(target, resources.moduleInfoes, { signal }, (store) => {
      const open = names.find((name) => fieldAt(store.get(name), 'status', 'phase') !== 'Running');
      if (open === undefined) return true;
      const text = (field: string): string => {
        const value = fieldAt(store.get(open), 'status', field);
        return typeof value === 'string' && value !== '' ? value : '';
      };
      const running = names.filter((name) => fieldAt(store.get(name), 'status', 'phase') === 'Running').length;
      context.advanced(undefined, running / names.length);
      const told = `ModuleInfo ${open}: ${text('phase') || 'not begun'} ${text('reason')}`.trimEnd();
      if (text('phase') === 'Failed') context.blocked(told);
      else context.waiting(told);
      return undefined;
    });
    log(`modules are running: ${names.join(', ')}`);
  },
};
