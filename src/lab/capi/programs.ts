import type { Program, ProgramContext } from '../program.ts';
import {
  ClusterReconciler,
  ClusterResourceSetReconciler,
  MachineDeploymentReconciler,
  MachineReconciler,
  MachineSetReconciler,
} from './core/index.ts';
import { runReconcilers, type ControllerEnvironment } from './kit/index.ts';
import { KubeadmConfigReconciler, KubeadmControlPlaneReconciler } from './kubeadm/index.ts';

export function environmentOf(context: ProgramContext): ControllerEnvironment {
  const { client, clock, random, signal, proxyUrl } = context;
  return { client, clock, random, signal, proxyUrl, log: (line) => context.log(line) };
}

/** Whether an argument `--feature-gates=A=true,B=false` (or its last occurrence) turns a gate on. */
export function featureGate(args: readonly string[], gate: string): boolean {
  let on = false;
  for (const arg of args)
    for (const [, name, value] of arg.matchAll(/(\w+)=(true|false)/g)) if (name === gate) on = value === 'true';
  return on;
}

const core: Program = {
  image: 'ait/cluster-api-controller',
  async run(context) {
    const environment = environmentOf(context);
    const reconcilers = [
      new ClusterReconciler(environment),
      new MachineReconciler(environment),
      new MachineSetReconciler(environment),
      new MachineDeploymentReconciler(environment),
    ];
    // The guide's readiness list: without the gate a ClusterResourceSet delivers nothing, silently.
    if (featureGate(context.container.args, 'ClusterResourceSet'))
      await runReconcilers(environment, [...reconcilers, new ClusterResourceSetReconciler(environment)], () =>
        context.markReady(),
      );
    else await runReconcilers(environment, reconcilers, () => context.markReady());
  },
};

const kubeadm: Program = {
  image: 'ait/cluster-api-provider-kubeadm',
  async run(context) {
    const environment = environmentOf(context);
    await runReconcilers(
      environment,
      [new KubeadmConfigReconciler(environment), new KubeadmControlPlaneReconciler(environment)],
      () => context.markReady(),
    );
  },
};

/** The managers of Cluster API core and of the kubeadm provider. */
export const capiPrograms: readonly Program[] = [core, kubeadm];
