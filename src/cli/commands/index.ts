import type { RegisterCommand } from '../program.ts';
import { registerInstall } from './install.ts';
import { registerPlan } from './plan.ts';
import { registerStatus } from './status.ts';
import { registerVerify } from './verify.ts';

/** Every command, in the order in which --help lists them. */
export const commands: readonly RegisterCommand[] = [registerPlan, registerInstall, registerStatus, registerVerify];
