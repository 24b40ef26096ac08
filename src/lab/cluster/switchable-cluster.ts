import { GlobalctlError } from '../../base/index.ts';
import type { LabCluster, LabClusterOptions, LabNodeOptions, SwitchableCluster } from './lab-cluster.ts';
import { startLabCluster } from './start-lab-cluster.ts';

/**
 * A cluster whose machines can lose their power and get it back: it then has the same keys in etcd, the same authorities, the same
 * machines, and everything that ran starts anew. Only one whose etcd outlives its control plane (`storage`) and whose authorities
 * come from outside can do that.
 */
export async function startSwitchableCluster(options: LabClusterOptions): Promise<SwitchableCluster> {
  const { onStopped, ...withoutEnd } = options;
  const start = (): Promise<LabCluster> => startLabCluster(withoutEnd);
  const nodes = new Map<string, LabNodeOptions>();
  let inner = await start();
  let on = true;
  // One change at a time, in the order in which they were asked for.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
  return {
    get name() {
      return inner.name;
    },
    get server() {
      return inner.server;
    },
    get loopbackPort() {
      return inner.loopbackPort;
    },
    get caPem() {
      return inner.caPem;
    },
    get etcd() {
      return inner.etcd;
    },
    get version() {
      return inner.version;
    },
    get adminClient() {
      return inner.adminClient;
    },
    get nodeNames() {
      return [...nodes.keys()];
    },
    get isOn() {
      return on;
    },
    failure: () => (on ? inner.failure() : undefined),
    kubeconfig: (wanted) => inner.kubeconfig(wanted),
    addNode: (node) =>
      inTurn(async () => {
        if (on) await inner.addNode(node);
        nodes.set(node.name, node);
      }),
    removeNode: (name) =>
      inTurn(async () => {
        nodes.delete(name);
        if (on) await inner.removeNode(name);
      }),
    powerOff: () =>
      inTurn(async () => {
        if (!options.storage || !options.authorities)
          throw new GlobalctlError('LAB_CONTROL_PLANE', {
            message: `cluster ${options.name} cannot be switched off: its etcd would not outlive it`,
            subject: options.name,
            hint: "Only clusters that machines have formed, on the lab's own control planes, can be switched off and on.",
          });
        if (!on) return;
        on = false;
        await inner.stop();
      }),
    powerOn: () =>
      inTurn(async () => {
        if (on) return;
        inner = await start();
        on = true;
        for (const node of nodes.values()) await inner.addNode(node);
      }),
    stop: () =>
      inTurn(async () => {
        if (on) await inner.stop();
        on = false;
        await onStopped?.();
      }),
  };
}
