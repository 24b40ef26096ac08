import { readFile } from 'node:fs/promises';
import { startApiServer } from '../../src/lab/apiserver/index.ts';
import { MemoryStore } from '../../src/lab/etcd/index.ts';
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
  close(): Promise<void>;
}

/**
 * The server that the environment names: a running one (CONTRACT_KUBECONFIG, path of a kubeconfig), one started from binaries
 * (KUBEBUILDER_ASSETS, folder with `kube-apiserver` and `etcd`), and the lab where neither is set.
 */
export async function startContractServer(environment: NodeJS.ProcessEnv): Promise<ContractServer> {
  const kubeconfig = environment['CONTRACT_KUBECONFIG'];
  if (kubeconfig !== undefined && kubeconfig !== '')
    return {
      description: `the cluster of ${kubeconfig}`,
      lab: false,
      kubeconfig: await readFile(kubeconfig, 'utf8'),
      controllers: true,
      close: () => Promise.resolve(),
    };
  const assets = environment['KUBEBUILDER_ASSETS'];
  if (assets !== undefined && assets !== '') return await startRealServer(assets);
  const store = new MemoryStore();
  const server = await startApiServer({ store, accountAdmission: true });
  return {
    description: 'the lab',
    lab: true,
    kubeconfig: await server.adminKubeconfig(),
    controllers: false,
    close: async () => {
      await server.close();
      await store.close();
    },
  };
}
