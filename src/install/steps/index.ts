import type { InstallContext } from '../context.ts';
import type { Step } from '../step.ts';
import { applyStep } from './apply.ts';
import { bootstrapStep } from './bootstrap.ts';
import { controlPlaneStep } from './control-plane.ts';
import { importStep } from './import.ts';
import { installerStep } from './installer.ts';
import { manifestStep } from './manifest.ts';
import { monitorStep } from './monitor.ts';
import { prepareStep } from './prepare.ts';
import { providersStep } from './providers.ts';

/** The nine steps of the guide, in its order. */
export const steps: readonly Step<InstallContext>[] = [
  prepareStep,
  bootstrapStep,
  providersStep,
  manifestStep,
  applyStep,
  controlPlaneStep,
  importStep,
  installerStep,
  monitorStep,
];
