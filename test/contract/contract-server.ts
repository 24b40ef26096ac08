import { readFile } from 'node:fs/promises';
import { startApiServer } from '../../src/lab/apiserver/index.ts';
import { MemoryStore } from '../../src/lab/etcd/index.ts';
import { startLabControllers } from './lab-controllers.ts';
import { compactStore } from './compact-store.ts';
import { startRealServer } from './real-server.ts';

/** Some Kubernetes API server that the contract is put to. */
export interface ContractServer {
  /** For titles and messages, e.g. `the lab`. */
  readonly description: string;
  readonly lab: boolean;
  /** Text of a kubeconfig whose user may do everything. */
  readonly kubeconfig: string;
  /** Whether kube-controller-manager runs beside it: what waits for garbage collection or for the end of a namespace needs it. */
  readonly controllers: boolean;
  /** Starts them where they can be had later: the cases that need none have the API server to themselves. */
  readonly startControllers?: () => Promise<void>;
  /** Lets its store forget its past; absent where the store is not ours. */
  readonly compact?: () => Promise<void>;
  close(): Promise<void>;
}

/**
 * The server that the environment names: a running one (CONTRACT_KUBECONFIG, path of a kubeconfig), one started from binaries
 * (KUBEBUILDER_ASSETS, folder with `kube-apiserver` and `etcd`), and the lab where neither is set.
 */
export async function startContractServer(environment: NodeJS.ProcessEnv): Promise<ContractServer> {
  const named = environment['CONTRACT_KUBECONFIG'];
  if (named !== undefined && named !== '')
    return {
      description: `the cluster of ${named}`,
      lab: false,
      kubeconfig: await readFile(named, 'utf8'),
      controllers: true,
      close: () => Promise.resolve(),
    };
  const assets = environment['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return await startRealServer(assets);
  const store = new MemoryStore();
  const server = await startApiServer({ store, accountAdmission: true });
  const kubeconfig = await server.adminKubeconfig();
  let endControllers = (): Promise<void> => Promise.resolve();
  return {
    description: 'the lab',
    lab: true,
    kubeconfig,
    controllers: false,
    compact: () => compactStore(store),
    startControllers: async () => {
      endControllers = await startLabControllers(kubeconfig, server.caPem);
    },
    close: async () => {
      await endControllers();
      await server.close();
      await store.close();
    },
  };
}
