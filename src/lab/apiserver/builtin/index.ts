/** The kinds that are built into the server, and how they behave, are selected and print. */
import type { ResourceDefinition } from '../resource-definition.ts';
import { appsResources } from './apps.ts';
import { coreResources } from './core.ts';
import { platformResources } from './platform.ts';

export const builtInResources: readonly ResourceDefinition[] = [
  ...coreResources,
  ...appsResources,
  ...platformResources,
];
