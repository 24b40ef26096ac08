import { mkdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { formatDuration, GlobalctlError, pathExists, readTextIfPresent, writeFileAtomic } from '../../base/index.ts';
import { conditionOf, PLATFORM_NAMESPACE, resources, watchUntil } from '../../kube/index.ts';
import type { InstallContext } from '../context.ts';
import { runDurably } from '../durable-process.ts';
import { hashInputs } from '../effects.ts';
import type { Step } from '../step.ts';
import { unpackArchive } from '../unpack.ts';

const INSTALLER_SELECTOR = 'service_name=cpaas-installer';

/** Guide step 2: the Core Package unpacked, setup.sh run, the kubeconfig of `minialauda` taken. */
export const bootstrapStep: Step<InstallContext> = {
  id: 'bootstrap',
  title: 'Bootstrap the management cluster minialauda',
  timeoutMs: 60 * 60_000,
  changeIsIgnored: 'minialauda stays as the former Core Package made it',
  inputs: async (context) => ({ core: await fileIdentity(corePackage(context)) }),
  probe: async (context) => {
    const client = await context.clusters.bootstrapIfUp(context.signal);
    if (!client)
      return (await pathExists(context.host.setupFolder))
        ? { state: 'partial', reason: 'the Core Package is unpacked; the API of minialauda does not answer' }
        : { state: 'absent', reason: 'the Core Package is not unpacked' };
    const pods = await client.list(resources.pods, {
      namespace: PLATFORM_NAMESPACE,
      labelSelector: INSTALLER_SELECTOR,
    });
    const ready = pods.items.some((p) => conditionOf(p, 'Ready')?.status === 'True');
    if (!ready) return { state: 'partial', reason: 'minialauda answers; its installer Pod is not ready' };
    if (!(await userKubeconfigIsCurrent(context)))
      return { state: 'partial', reason: `${context.host.userKubeconfig} is not the kubeconfig of minialauda` };
    return { state: 'done', reason: 'minialauda answers and its installer Pod is ready' };
  },
  plan: (context) =>
    Promise.resolve([
      { action: 'write', subject: `${context.host.coreFolder} (from ${corePackage(context)})` },
      { action: 'run', subject: `sh setup.sh in ${context.host.setupFolder}` },
      { action: 'write', subject: context.host.userKubeconfig },
    ]),
  act: async (context, { effects, signal }) => {
    const { host, events } = context;
    const archive = corePackage(context);
    const identity = hashInputs(await fileIdentity(archive));
    // Written last: an unpacking that was cut short has no marker and is done again.
    const marker = join(host.coreFolder, '.unpacked');
    await effects.perform({
      effect: 'unpack the Core Package',
      inputs: identity,
      observe: async () => (await readTextIfPresent(marker)) === identity,
      run: async () => {
        const total = (await stat(archive)).size;
        let done = 0;
        await unpackArchive(archive, host.coreFolder, {
          signal,
          onEntry: (name, sizeBytes) => {
            done += sizeBytes;
            events.emit({
              type: 'progress',
              step: 'bootstrap',
              subject: name,
              done: Math.min(done, total),
              total,
              unit: 'bytes',
            });
          },
        });
        if (!(await pathExists(join(host.setupFolder, 'setup.sh'))))
          throw new GlobalctlError('PACKAGE_UNREADABLE', {
            message: `${archive} holds no installer/setup.sh: it is not a Core Package`,
            subject: archive,
          });
        await writeFileAtomic(marker, identity);
      },
    });
    await effects.perform({
      effect: 'run setup.sh',
      inputs: identity,
      // The API answers before setup.sh is through, so an interrupted setup.sh is waited for or run again.
      observe: async (history) => history !== 'begun' && (await context.clusters.bootstrapIfUp(signal)) !== undefined,
      run: async (recorder) => {
        const outcome = await runDurably({
          program: 'sh',
          args: ['setup.sh'],
          cwd: host.setupFolder,
          logFile: join(context.stateFolder, 'logs/setup.log'),
          step: 'bootstrap',
          recorder,
          events,
          clock: context.clock,
          signal,
        });
        if ((await context.clusters.bootstrapIfUp(signal)) === undefined)
          throw new GlobalctlError('COMMAND_FAILED', {
            message: `setup.sh ${outcome === 'adopted' ? 'of the interrupted run ' : ''}ended, but the API of minialauda does not answer`,
            subject: host.bootstrapKubeconfig,
            hint: `Read ${join(context.stateFolder, 'logs/setup.log')}.`,
          });
      },
    });
    await effects.perform({
      effect: 'take the kubeconfig',
      inputs: identity,
      observe: () => userKubeconfigIsCurrent(context),
      run: () => takeKubeconfig(context),
    });
  },
  wait: async (context, { signal, deadline }) => {
    const client = await context.clusters.bootstrap();
    const startedMs = context.clock.now();
    await watchUntil(
      client,
      resources.pods,
      { namespace: PLATFORM_NAMESPACE, labelSelector: INSTALLER_SELECTOR, signal },
      (pods) => {
        const ready = [...pods.values()].some((p) => conditionOf(p, 'Ready')?.status === 'True');
        if (ready) return true;
        context.events.emit({
          type: 'wait',
          step: 'bootstrap',
          subject: 'the installer Pod',
          message: `${String(pods.size)} Pods, none ready for ${formatDuration(context.clock.now() - startedMs)}`,
          deadline: deadline.toString(),
        });
        return undefined;
      },
    );
  },
};

function corePackage(context: InstallContext): string {
  return context.loaded.resolvePath(context.loaded.site.packages.core);
}

/** Names a file's content without reading it all: packages have tens of gigabytes. */
export async function fileIdentity(path: string): Promise<unknown> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { path, size, mtimeMs };
  } catch {
    return { path, missing: true };
  }
}

async function userKubeconfigIsCurrent(context: InstallContext): Promise<boolean> {
  const [wanted, present] = await Promise.all([
    readTextIfPresent(context.host.bootstrapKubeconfig),
    readTextIfPresent(context.host.userKubeconfig),
  ]);
  return wanted !== undefined && wanted === present;
}

/** Guide step 2 copies the kubeconfig over ~/.kube/config; a different one that stood there is kept beside it. */
async function takeKubeconfig(context: InstallContext): Promise<void> {
  const { bootstrapKubeconfig, userKubeconfig } = context.host;
  const content = await readFile(bootstrapKubeconfig);
  await mkdir(dirname(userKubeconfig), { recursive: true });
  if (await pathExists(userKubeconfig)) {
    const kept = `${userKubeconfig}.before-globalctl-${new Date(context.clock.now()).toISOString().replaceAll(/[:.]/g, '-')}`;
    await rename(userKubeconfig, kept);
    context.events.log('info', `the former kubeconfig is kept as ${kept}`);
  }
  await writeFileAtomic(userKubeconfig, content, 0o600);
}
