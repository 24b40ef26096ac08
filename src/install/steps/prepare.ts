import { access, constants, mkdir, stat } from 'node:fs/promises';
import { GlobalctlError, readTextIfPresent, writeFileAtomic } from '../../base/index.ts';
import { guideVariables } from '../../manifests/index.ts';
import { checkSecrets, findingToError } from '../../site/index.ts';
import type { InstallContext } from '../context.ts';
import { findForeignPackage } from '../package-architecture.ts';
import type { Step } from '../step.ts';

/** Guide step 1: the variables, and everything that can be checked on the host before anything is created. */
export const prepareStep: Step<InstallContext> = {
  id: 'prepare',
  title: 'Prepare variables and check the host',
  timeoutMs: 10 * 60_000,
  inputs: (context) => Promise.resolve(context.loaded.site),
  probe: async (context) => {
    const written = await readTextIfPresent(variablesFile(context));
    if (written === undefined) return { state: 'absent', reason: 'the variables are not written' };
    if (written !== variablesText(context))
      return { state: 'partial', reason: 'the variables on the host are of another site file' };
    return { state: 'done', reason: `the variables stand in ${variablesFile(context)}` };
  },
  plan: (context) => Promise.resolve([{ action: 'write', subject: variablesFile(context) }]),
  act: async (context, { effects }) => {
    await checkHost(context);
    await context.rendering.refuseErrors();
    await effects.perform({
      effect: 'write the variables',
      inputs: variablesText(context),
      observe: async () => (await readTextIfPresent(variablesFile(context))) === variablesText(context),
      run: () => writeFileAtomic(variablesFile(context), variablesText(context)),
    });
  },
};

function variablesFile(context: InstallContext): string {
  return `${context.host.yamlFolder}/variables.env`;
}

function variablesText(context: InstallContext): string {
  return Object.entries(guideVariables(context.loaded.site, context.provider))
    .map(([name, value]) => `export ${name}=${JSON.stringify(value)}\n`)
    .join('');
}

/** A fault of a package, at the field that names it. */
function locate({ loaded }: InstallContext, field: string, fault: GlobalctlError): GlobalctlError {
  const { code, details } = fault;
  return new GlobalctlError(code, { ...details, place: loaded.placeOf(field), snippet: loaded.snippetOf(field) });
}

/** Collects everything that is missing on this host; throws PREFLIGHT_FAILED with one cause each. */
async function checkHost(context: InstallContext): Promise<void> {
  const { loaded, host } = context;
  const problems: GlobalctlError[] = [];
  const packages = loaded.site.packages;
  for (const [field, path] of [
    ['packages.core', packages.core],
    ['packages.kubeadmProvider', packages.kubeadmProvider],
    ['packages.infrastructureProvider', packages.infrastructureProvider],
  ] as const) {
    const file = loaded.resolvePath(path);
    try {
      await access(file, constants.R_OK);
      if (!(await stat(file)).isFile()) throw new Error('it is not a file');
      // The Core Package is an archive of programs, which the bootstrap unpacks.
      const fault = field === 'packages.core' ? undefined : await findForeignPackage(file);
      if (fault) problems.push(locate(context, field, fault));
    } catch (error) {
      problems.push(
        new GlobalctlError('FILE_UNREADABLE', {
          message: `${field}: the package ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
          subject: field,
          place: loaded.placeOf(field),
          snippet: loaded.snippetOf(field),
          hint: `Copy the package to ${file}, or change ${field}.`,
        }),
      );
    }
  }
  for (const folder of [host.coreFolder, host.yamlFolder, context.stateFolder]) {
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
    } catch (error) {
      problems.push(
        new GlobalctlError('FILE_UNWRITABLE', {
          message: `cannot write into ${folder}: ${error instanceof Error ? error.message : String(error)}`,
          subject: folder,
          hint: 'Run as root on the bootstrap host, or set bootstrap.hostRoot.',
        }),
      );
    }
  }
  const secrets = (await checkSecrets(loaded)).filter((finding) => finding.severity === 'error');
  problems.push(...secrets.map(findingToError));
  if (problems.length > 0)
    throw new GlobalctlError('PREFLIGHT_FAILED', {
      message: `the bootstrap host is not ready: ${String(problems.length)} ${problems.length === 1 ? 'problem' : 'problems'}`,
      causes: problems,
    });
}
