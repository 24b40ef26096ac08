import type { Command } from 'commander';
import type { App } from '../app.ts';
import { registerDrCheck } from './dr-check.ts';
import { registerDrInit } from './dr-init.ts';
import { registerDrInstall } from './dr-install.ts';
import { registerDrStatus } from './dr-status.ts';
import { registerDrSwitches } from './dr-switch.ts';

/** `dr`: a primary and a standby side, from their site files to a failover and back. */
export function registerDr(program: Command, app: App): void {
  const dr = program
    .command('dr')
    .description('Disaster recovery: a primary and a standby side, kept the same, and switched between');
  registerDrInit(dr, app);
  registerDrCheck(dr, app);
  registerDrInstall(dr, app);
  registerDrStatus(dr, app);
  registerDrSwitches(dr, app);
}
