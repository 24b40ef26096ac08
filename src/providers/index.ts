// The providers: everything that differs between Huawei DCS, VMware vSphere and Huawei Cloud Stack, behind one contract,
// and what they share, once. A new provider is a folder and a line in the list below; no other room changes.
import { GlobalctlError } from '../base/index.ts';
import type { Site } from '../site/index.ts';
import { baremetal } from './baremetal/index.ts';
import type { Provider, SupportedProvider } from './provider.ts';
import { dcs } from './dcs/index.ts';
import { hcs } from './hcs/index.ts';
import { vsphere } from './vsphere/index.ts';

export type * from './contract.ts';
export type * from './provider.ts';
export type * from './rule.ts';
export { siteParts, siteSchema } from './site-parts.ts';
export { CLUSTER_NAME, IMPORT_CONFIG_MAP, INSTALLER_REQUEST, NAME_PREFIX } from './shared/names.ts';
export { platformObject } from './shared/cluster-objects.ts';
export { readEmbedded, type EmbeddedYaml } from './shared/embedded-yaml.ts';
export {
  canonicalRange,
  parseAddress,
  parseRange,
  rangeHolds,
  rangesOverlap,
  sameForm,
  touchesBridges,
  type IpRange,
} from './shared/ip-range.ts';
export { isDnsLabel, isDnsSubdomain, isLabelKey, isLabelValue, isServiceName } from './shared/object-names.ts';
export { prefixOfMask } from './shared/slot-network.ts';
export type { PlacedDisk, PlacedFile } from './shared/reading.ts';
export { disksAt, filesOf, isRecord, listAt, recordAt, shown, stringsIn, textAt } from './shared/reading.ts';
export { misnamedEncryptionKey, slip } from './shared/rule-example.ts';
export { kubeadmCrd, kubeadmPackage } from './shared/package.ts';
export { encryptionProviderText, paths as kubeadmPaths } from './shared/kubeadm-files.ts';

/** Every provider of the guide, in its order. */
export const providers: readonly Provider[] = [dcs, vsphere, hcs, baremetal];

export const supportedProviders: readonly SupportedProvider[] = [dcs, vsphere, hcs];

/** The provider of a site. Throws SITE_PROVIDER_PLANNED for one that nothing is built for yet. */
export function providerOf(site: Pick<Site, 'provider'>): SupportedProvider {
  const provider = providers.find(({ id }) => id === site.provider);
  if (provider?.status === 'supported') return provider;
  throw new GlobalctlError('SITE_PROVIDER_PLANNED', {
    message: `provider ${site.provider} is planned; there is no procedure for it yet`,
    subject: 'provider',
    expected: supportedProviders.map(({ id }) => id).join(', '),
    found: site.provider,
  });
}
