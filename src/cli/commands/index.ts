import type { RegisterCommand } from '../program.ts';
import { registerBackup } from './backup.ts';
import { registerCompletion } from './completion.ts';
import { registerDr } from './dr.ts';
import { registerExplain } from './explain.ts';
import { registerHandoff } from './handoff.ts';
import { registerInit } from './init.ts';
import { registerInstall } from './install.ts';
import { registerLab } from './lab.ts';
import { registerLint } from './lint.ts';
import { registerPack } from './pack.ts';
import { registerPacktool } from './packtool.ts';
import { registerPlan } from './plan.ts';
import { registerRehearse } from './rehearse.ts';
import { registerRender } from './render.ts';
import { registerRestore } from './restore.ts';
import { registerServe } from './serve.ts';
import { registerStatus } from './status.ts';
import { registerValidate } from './validate.ts';
import { registerVerify } from './verify.ts';

/** Every command, in the order in which --help lists them. */
export const commands: readonly RegisterCommand[] = [
  registerInit,
  registerValidate,
  registerLint,
  registerExplain,
  registerRender,
  registerPlan,
  registerRehearse,
  registerInstall,
  registerStatus,
  registerVerify,
  registerHandoff,
  registerDr,
  registerBackup,
  registerRestore,
  registerLab,
  registerServe,
  registerPack,
  registerPacktool,
  registerCompletion,
];
