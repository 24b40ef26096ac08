import { GlobalctlError, toGlobalctlError } from '../../base/index.ts';
import type { Criterion } from '../../observe/index.ts';
import type { InstallContext } from '../context.ts';
import { verify } from '../steps/monitor.ts';
import { someOf, type Finding, type Gate } from './gate.ts';
import { checkObjects, checkOwnership, type BothClusters } from './moved-objects.ts';
import { checkCredentials, checkProviders } from './providers-and-credentials.ts';
import { checkReferences } from './references.ts';

export interface HandoffOptions {
  readonly context: InstallContext;
  /** Looks for a backup of the bootstrap cluster that is whole. */
  readonly findBackup: () => Promise<Finding>;
}

/**
 * Looks at every gate; a look that fails is a closed gate, with the error as what was observed. Changes nothing. Throws
 * HANDOFF_CLOSED when one of the two clusters cannot be reached at all.
 */
export async function checkHandoff({ context, findBackup }: HandoffOptions): Promise<readonly Gate[]> {
  const { clusters, provider, loaded, signal } = context;
  const { site } = loaded;
  const bootstrap = await clusters.bootstrapIfUp(signal);
  const cluster = await clusters.global(signal);
  if (!bootstrap || !cluster)
    throw new GlobalctlError('HANDOFF_CLOSED', {
      message: `the gates cannot be checked: ${bootstrap ? 'there is no new cluster yet' : 'minialauda does not answer'}`,
      subject: bootstrap ? 'Secret cpaas-system/global-kubeconfig' : 'minialauda',
    });
  const both: BothClusters = { bootstrap, cluster, kinds: provider.kinds, signal };
  const { registry, hostIP } = site.bootstrap;
  const registries = [registry.bootstrapAddress, registry.nodeAddress ?? `${hostIP}:11443`];
  const checks: readonly (Omit<Gate, 'ok' | 'observed'> & { readonly check: () => Promise<Finding> })[] = [
    {
      id: 'verification',
      title: 'The installation is verified',
      cure: 'globalctl verify shows what is not met; wait for it, or mend it.',
      check: async () => findingOf(await verify(context)),
    },
    {
      id: 'ownership',
      title: 'The new cluster owns its objects',
      cure: 'The import has not ended: look at the progress of the installer. Do not release both sides.',
      check: () => checkOwnership(both),
    },
    {
      id: 'objects',
      title: 'Every object has its counterpart',
      cure: 'Compare both clusters; what was changed by hand after the import is yours to decide.',
      check: () => checkObjects(both),
    },
    {
      id: 'credentials',
      title: 'The credentials are in the new cluster',
      cure: 'Copy the Secret: without it the new cluster cannot scale, repair or replace machines.',
      check: () =>
        checkCredentials({
          ...both,
          credentialRef: provider.shape.credentialRef,
          credentialSecret: provider.credentialSecretName(site),
        }),
    },
    {
      id: 'providers',
      title: 'The providers run in the new cluster',
      cure: 'Look at AppReleases and Pods of cpaas-system in the new cluster.',
      check: () => checkProviders(both),
    },
    {
      id: 'references',
      title: 'Nothing refers to minialauda',
      cure: 'Point what the list names to the platform’s own registry and addresses.',
      check: () =>
        checkReferences({ cluster, kinds: provider.kinds, names: { registries, server: bootstrap.server }, signal }),
    },
    {
      id: 'backup',
      title: 'There is a backup of minialauda',
      cure: 'globalctl backup -f SITE writes one.',
      check: findBackup,
    },
  ];
  return await Promise.all(
    checks.map(async ({ check, ...gate }) => {
      try {
        return { ...gate, ...(await check()) };
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        return { ...gate, ok: false, observed: toGlobalctlError(thrown).message };
      }
    }),
  );
}

function findingOf(criteria: readonly Criterion[]): Finding {
  const failed = criteria.filter((c) => !c.ok).map((c) => `${c.title}: ${c.observed}`);
  return {
    ok: failed.length === 0,
    observed: failed.length > 0 ? someOf(failed) : `${String(criteria.length)} criteria met`,
  };
}

/** Throws HANDOFF_CLOSED that names every closed gate. */
export function requireOpenGates(gates: readonly Gate[]): void {
  const closed = gates.filter((gate) => !gate.ok);
  if (closed.length === 0) return;
  throw new GlobalctlError('HANDOFF_CLOSED', {
    message: `${String(closed.length)} of ${String(gates.length)} gates are closed; minialauda stays`,
    found: closed.map((gate) => `${gate.title}: ${gate.observed}`).join('\n'),
    hint: closed.map((gate) => gate.cure).join('\n'),
  });
}
