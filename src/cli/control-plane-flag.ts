import { resolve } from 'node:path';
import type { Option } from 'commander';
import { GlobalctlError, isGlobalctlError } from '../base/index.ts';
import type { LabClient } from '../lab/index.ts';
import type { App } from './app.ts';
import { flag } from './options.ts';

export interface ControlPlaneFlag {
  readonly controlPlane?: 'lab' | 'envtest';
}

const ASSETS = 'KUBEBUILDER_ASSETS';

/** Real API servers in place of the lab's own. */
export const controlPlaneFlag = (): Option =>
  flag(
    '--control-plane <kind>',
    `what the clusters run on: lab, the API servers and etcd of the lab (default); or envtest, kube-apiserver and etcd of the folder in ${ASSETS}`,
  ).choices(['lab', 'envtest']);

/** The folder with the programs, if the flag asks for them. Throws USAGE when nothing names it. */
export function envtestOf(app: App, flags: ControlPlaneFlag): string | undefined {
  if (flags.controlPlane !== 'envtest') return undefined;
  const folder = app.env[ASSETS];
  if (folder === undefined || folder === '')
    throw new GlobalctlError('USAGE', {
      message: `--control-plane envtest needs ${ASSETS}, the folder with kube-apiserver and etcd`,
      hint: `Unpack the programs of a Kubernetes release, or run setup-envtest use, and export ${ASSETS}=FOLDER.`,
    });
  return resolve(app.cwd, folder);
}

/** Says which servers of the lab ended by themselves: what waits for them fails without naming them. */
export async function noteEndedServers(app: App, lab: LabClient): Promise<void> {
  const status = await lab.status().catch((error: unknown) => {
    // It has ended too, and its log says why.
    if (isGlobalctlError(error, 'LAB_NOT_RUNNING')) return undefined;
    throw error;
  });
  for (const { name, failure } of status?.clusters ?? [])
    if (failure !== undefined) app.note(`cluster ${name}: ${failure}`);
}

/**
 * Says which Kubernetes really answers when it is another than the site's, and that a lab which runs already keeps the control
 * planes that it was started with.
 */
export async function noteControlPlane(
  app: App,
  lab: LabClient,
  wanted: { readonly envtest: string | undefined; readonly kubernetesVersion?: string | undefined },
): Promise<void> {
  const { envtest } = await lab.status();
  if ((wanted.envtest !== undefined) !== (envtest !== undefined)) {
    // The lab's own are what one gets without asking.
    if (wanted.envtest !== undefined)
      app.note('the lab that runs already has API servers of its own and keeps them; end it to change that');
    return;
  }
  if (envtest === undefined || wanted.kubernetesVersion === undefined) return;
  const site = `v${wanted.kubernetesVersion.replace(/^v/, '')}`;
  if (envtest.kubernetesVersion !== site)
    app.note(
      `the API servers are kube-apiserver ${envtest.kubernetesVersion}, the site wants ${site}: /version says the former, nodes and manifests the latter`,
    );
}
