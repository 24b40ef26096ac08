import type { Reconciler } from '../capi/index.ts';
import { environmentOf, runReconcilers } from '../capi/index.ts';
import type { Program } from '../program.ts';
import { DcsClusterReconciler, DcsMachineReconciler, DcsPoolReconciler } from './dcs/index.ts';
import { HcsClusterReconciler, HcsMachineReconciler, HcsPoolReconciler } from './hcs/index.ts';
import { iaasService } from './iaas/index.ts';
import type { ProviderEnvironment } from './provider-environment.ts';
import { cloudProviderProgram, VSphereClusterReconciler, VSphereMachineReconciler } from './vsphere/index.ts';

function provider(image: string, reconcilers: (environment: ProviderEnvironment) => readonly Reconciler[]): Program {
  return {
    image,
    async run(context) {
      const environment = { ...environmentOf(context), iaas: context.services.get(iaasService) };
      await runReconcilers(environment, reconcilers(environment), () => context.markReady());
    },
  };
}

/** The managers of the infrastructure providers. The infrastructure that they drive is the service `iaasService`. */
export const infrastructurePrograms: readonly Program[] = [
  provider('ait/cluster-api-provider-dcs', (e) => [
    new DcsClusterReconciler(e),
    new DcsMachineReconciler(e),
    new DcsPoolReconciler(e),
  ]),
  provider('ait/cluster-api-provider-vsphere', (e) => [
    new VSphereClusterReconciler(e),
    new VSphereMachineReconciler(e),
  ]),
  provider('ait/cluster-api-provider-hcs', (e) => [
    new HcsClusterReconciler(e),
    new HcsMachineReconciler(e),
    new HcsPoolReconciler(e),
  ]),
  cloudProviderProgram,
];
