import type { Command } from 'commander';
import type { App } from '../app.ts';
import { registerServeEtcdSync } from './serve-etcd-sync.ts';
import { registerServeInstaller } from './serve-installer.ts';
import { registerServeAppRelease, registerServeModules } from './serve-operators.ts';

/** `serve`: one of the platform's services as a process, the same code that runs as a Pod and in a lab. */
export function registerServe(program: Command, app: App): void {
  const serve = program
    .command('serve')
    .description("Run one of the platform's services on a cluster, until SIGINT or SIGTERM ends it");
  registerServeInstaller(serve, app);
  registerServeAppRelease(serve, app);
  registerServeModules(serve, app);
  registerServeEtcdSync(serve, app);
}
