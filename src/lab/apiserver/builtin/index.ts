/** The kinds that are built into the server, and how they behave, are selected and print. */
import type { ResourceDefinition } from '../resource-definition.ts';
import { accessResources } from './access.ts';
import { appsResources } from './apps.ts';
import { autoscalingResources } from './autoscaling.ts';
import { batchResources } from './batch.ts';
import { certificateResources } from './certificates.ts';
import { coreResources } from './core.ts';
import { eventResources } from './events.ts';
import { extensionResources } from './extension.ts';
import { networkingResources } from './networking.ts';
import { platformResources } from './platform.ts';
import { storageResources } from './storage.ts';

export const builtInResources: readonly ResourceDefinition[] = [
  ...coreResources,
  ...appsResources,
  ...eventResources,
  ...autoscalingResources,
  ...batchResources,
  ...certificateResources,
  ...accessResources,
  ...networkingResources,
  ...platformResources,
  ...storageResources,
  ...extensionResources,
];
