// The operator as a process of its own, for tests that kill it: a kubeconfig's path in the arguments, the log on stdout.
import { readFile } from 'node:fs/promises';
import { HttpKubeClient } from '../../../src/kube/index.ts';
import { startAppReleaseOperator } from '../../../src/platform/apprelease/index.ts';

const kubeconfigText = await readFile(process.argv[2] ?? '', 'utf8');
await startAppReleaseOperator({
  client: await HttpKubeClient.fromText(kubeconfigText),
  kubeconfigText,
  // A Pod that is started again has its name again, and does not wait for its former self.
  lease: { identity: 'operator-0' },
  signal: new AbortController().signal,
  log: (line) => process.stdout.write(`${line}\n`),
});
