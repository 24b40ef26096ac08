import type { Phase } from '../phase.ts';
import { baseOperatorPhase } from './base-operator.ts';
import { completionPhase } from './completion.ts';
import { consoleCertificatePhase } from './console-certificate.ts';
import { controlPlanePhase } from './control-plane.ts';
import { findClusterPhase } from './find-cluster.ts';
import { importPhase } from './import.ts';
import { productsPhase } from './products.ts';
import { providersPhase } from './providers.ts';
import { registryPhase } from './registry.ts';

/**
 * The installation, in order. The registry comes before the base operator: so nothing in the new cluster ever depends on the
 * bootstrap registry but the registry's own image.
 */
export const installationPhases: readonly Phase[] = [
  findClusterPhase,
  controlPlanePhase,
  importPhase,
  registryPhase,
  consoleCertificatePhase,
  baseOperatorPhase,
  providersPhase,
  productsPhase,
  completionPhase,
];
