import type { Validator } from '../apiserver/index.ts';
import { dcsValidators } from './dcs/index.ts';
import { hcsValidators } from './hcs/index.ts';
import { vsphereValidators } from './vsphere/index.ts';

/** The webhooks of the infrastructure providers, for the API server's admission. */
export const infrastructureValidators: Readonly<Record<string, Validator>> = {
  ...dcsValidators,
  ...hcsValidators,
  ...vsphereValidators,
};
