import { fieldAt } from '../../kube/index.ts';
import {
  slip,
  INSTALLER_REQUEST,
  isDnsSubdomain,
  listAt,
  parseAddress,
  shown,
  textAt,
  type ManifestRule,
  type ManifestView,
} from '../../providers/index.ts';

const sansPath = ['spec', 'kubeadmConfigSpec', 'clusterConfiguration', 'etcd', 'local', 'serverCertSANs'];

interface NeededNames {
  readonly names: readonly string[];
  /** How many different entries the guide has: 2, in disaster recovery 3. */
  readonly count: number | undefined;
}

/** The names that must be there, as far as site, AppReleases, installer request or manifest tell them. */
function neededNames(view: ManifestView): NeededNames {
  const { provider, ofKind, site } = view;
  if (site) {
    const vips = site.dr ? [site.dr.primaryVIP, site.dr.standbyVIP] : [site.network.controlPlaneVIP];
    return { names: [...vips, site.platform.host], count: undefined };
  }
  const own = fieldAt(ofKind(provider.kinds.cluster.kind)[0]?.object, ...provider.shape.endpoint);
  const host =
    textAt(ofKind('AppRelease')[0]?.object, ['spec', 'values', 'global', 'host']) ??
    textAt(ofKind(INSTALLER_REQUEST)[0]?.object, ['console', 'globalHost']);
  const names = [own, host].filter((name): name is string => typeof name === 'string' && name !== '');
  const referred =
    fieldAt(ofKind(provider.kinds.cluster.kind)[0]?.object, 'spec', 'encryptionProviderConfigRef') !== undefined;
  // DCS has that reference in disaster recovery only, where both VIPs and the platform host are different names.
  if (provider.id === 'dcs' && referred) return { names, count: 3 };
  return { names, count: host === undefined ? 2 : undefined };
}

export const sans: ManifestRule = {
  code: 'MANIFEST_SANS',
  severity: 'error',
  what: 'The etcd certificate names the VIP and the platform host; in disaster recovery both VIPs and the platform host, alike on both sides.',
  why: 'Seen when disaster recovery is set up: the synchronizer of the standby side reads etcd through these names, and a certificate cannot be changed afterwards.',
  guide: 'Step 4; Optional Disaster Recovery Deployment',
  example: slip(
    `kind: KubeadmControlPlane
metadata:
  name: global-kcp
spec:
  kubeadmConfigSpec:
    clusterConfiguration:
      etcd:
        local:
          serverCertSANs:
            - 10.10.20.10
            - platform.dcs.example.com
`,
    `- 10.10.20.10
            - platform.dcs.example.com`,
    '- platform.dcs.example.com # the VIP is missing',
  ),
  *check(view) {
    const { names, count } = neededNames(view);
    for (const at of view.ofKind('KubeadmControlPlane')) {
      const found = listAt(at.object, sansPath);
      const missing = [...new Set(names)].filter((name) => !found.includes(name));
      for (const name of missing)
        yield {
          at,
          path: sansPath,
          message: `the etcd certificate does not name ${name}`,
          expected: names.join(', '),
          found: found.length === 0 ? 'none' : found.map(shown).join(', '),
        };
      if (missing.length === 0 && count !== undefined && new Set(found).size < count)
        yield {
          at,
          path: sansPath,
          // A platform whose address is the VIP itself needs no second name.
          severity: count === 2 ? 'warning' : 'error',
          message:
            count === 2
              ? 'the etcd certificate names the VIP alone; the platform host is missing unless it is the VIP'
              : 'in disaster recovery the etcd certificate names both VIPs and the platform host',
          expected: `${String(count)} names`,
          found: found.map(shown).join(', '),
        };
      for (const [index, name] of found.entries())
        if (typeof name !== 'string' || !isCertificateName(name))
          yield {
            at,
            path: [...sansPath, index],
            message: `${shown(name)} is neither an address nor a host name`,
            expected: 'an address or a host name, without scheme and port',
            found: shown(name),
          };
    }
  },
};

/** What kubeadm takes: an address, or a DNS name, the first part of which may be an asterisk. */
function isCertificateName(name: string): boolean {
  // A variable or stand-in that nothing filled in is the matter of another rule.
  if (/\$\{|^<.*>$/.test(name)) return true;
  return parseAddress(name) !== undefined || isDnsSubdomain(name.replace(/^\*\./, ''));
}
