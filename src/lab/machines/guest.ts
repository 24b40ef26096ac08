import { isGlobalctlError } from '../../base/index.ts';
import { parseBootData, renderJinja, type BootData } from './boot-data.ts';
import type { GuestEnvironment, GuestHardware, GuestNode } from './guest-hardware.ts';
import { kubeadmInit } from './kubeadm-init.ts';
import { kubeadmJoin } from './kubeadm-join.ts';
import { parseKubeadmConfiguration } from './kubeadm-configuration.ts';

/** How long things take on a machine of ordinary size, in simulated time; each varies by a quarter. */
const durationsMs = { boot: 25_000, init: 45_000, joinControlPlane: 40_000, joinWorker: 20_000 } as const;

/** Boots a machine: first-boot software, the operator's commands, kubeadm. undefined when the node did not come to be. */
export async function bootGuest(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  userData: string,
): Promise<GuestNode | undefined> {
  const { console } = environment;
  const took = (what: keyof typeof durationsMs): Promise<void> => pass(environment, hardware.hostname, what);
  console(`Booting ${hardware.osImage} on ${hardware.hostname} (${hardware.addresses.join(', ')})`);
  await took('boot');
  let data: BootData;
  try {
    data = parseBootData(renderJinja(userData, hardware.hostname));
  } catch (error) {
    if (!isGlobalctlError(error, 'LAB_BOOT_DATA')) throw error;
    console(`first boot: ${error.message}`);
    return undefined;
  }
  const files = new Set([...data.files.keys(), ...hardware.imageFiles]);
  for (const command of data.commands) {
    console(`+ ${command}`);
    const kubeadm = /^kubeadm (init|join) --config (\S+)/.exec(command);
    if (kubeadm) {
      const configuration = parseKubeadmConfiguration(data.files.get(kubeadm[2] ?? '')?.content ?? '');
      if (!configuration) {
        console(`error: couldn't read ${kubeadm[2] ?? ''}: no InitConfiguration or JoinConfiguration found`);
        return undefined;
      }
      return configuration.action === 'init'
        ? await kubeadmInit(environment, hardware, data, files, configuration, took)
        : await kubeadmJoin(environment, hardware, data, files, configuration, took);
    }
    if (!(await runCommand(environment, hardware, data, command))) return undefined;
  }
  console('no kubeadm command in the user data; the machine stays as it is');
  return undefined;
}

async function pass(environment: GuestEnvironment, hostname: string, what: keyof typeof durationsMs): Promise<void> {
  const { clock, random, signal } = environment;
  await clock.sleep(durationsMs[what] * (0.75 + 0.5 * random.fraction('guest', hostname, what)), signal);
}

/** Commands with an effect that others depend on. False when the command fails or never ends. */
async function runCommand(
  environment: GuestEnvironment,
  hardware: GuestHardware,
  data: BootData,
  command: string,
): Promise<boolean> {
  const { console, signal } = environment;
  const program = command.trim().split(/\s+/)[0] ?? '';
  const file = data.files.get(program);
  if (!program.startsWith('/') || program.startsWith('/usr/bin/')) return true;
  if (!file) {
    if (hardware.imageFiles.includes(program)) return true;
    console(`sh: ${program}: No such file or directory`);
    return false;
  }
  if ((Number.parseInt(file.permissions, 8) & 0o100) === 0) {
    console(`sh: ${program}: Permission denied`);
    return false;
  }
  // The image loader of the vSphere guide waits for the disk before it imports what the template carries.
  const mount = /mountpoint[^\n]*?(\/var\/lib\/containerd)|(\/var\/lib\/containerd)[^\n]*mount/.exec(file.content);
  const wanted = mount?.[1] ?? mount?.[2];
  if (wanted === undefined || hardware.mounts.some((m) => m.path === wanted)) return true;
  console(`waiting for ${wanted} mount`);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return false;
}
