// Debian's docker-registry over an empty folder.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';

export async function startEmptyRegistry(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = `127.0.0.1:${String(probe.address().port)}`;
  probe.close();
  await once(probe, 'close');
  const config = join(folder, 'config.yml');
  writeFileSync(
    config,
    JSON.stringify({
      version: '0.1',
      log: { level: 'info', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'data') } },
      http: { addr: address },
    }),
  );
  // To a file: a pipe would fill while this process waits for a command.
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  while (!(await answers(address))) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended: ${readFileSync(join(folder, 'log'), 'utf8')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    address,
    data: join(folder, 'data'),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answers(address) {
  return fetch(`http://${address}/v2/`).then(
    (answer) => answer.ok,
    () => false,
  );
}
