import type { SampleSite } from '../site/index.ts';
import { dcsSample } from './dcs/sample-site.ts';
import { hcsSample } from './hcs/sample-site.ts';
import { vsphereSample } from './vsphere/sample-site.ts';

/** A complete site of each built provider, by the value of `provider`. */
export const siteSamples: Readonly<Record<'dcs' | 'vsphere' | 'hcs', SampleSite>> = {
  dcs: dcsSample,
  vsphere: vsphereSample,
  hcs: hcsSample,
};
