import type { Site } from '../site.ts';
import type { FieldFinding } from '../site-text.ts';
import { versionRowOf, type VersionRow } from '../version-matrix.ts';

const table = 'the version table of the platform';

/** Every version comes from the row of the version table that versions.platform names. */
export function checkVersions(site: Site): FieldFinding[] {
  const { versions } = site;
  const row = versionRowOf(versions.platform);
  if (row === undefined)
    return [
      {
        code: 'SITE_VERSION_UNKNOWN',
        severity: 'warning',
        path: 'versions.platform',
        message: `${table} that globalctl carries has no release ${versions.platform}, so the versions cannot be compared`,
        found: versions.platform,
        hint: 'Compare them with the release notes by hand.',
      },
    ];
  const findings: FieldFinding[] = [];
  const compare = (name: keyof Site['versions'], expected: string | undefined, severity: 'error' | 'warning'): void => {
    const found = versions[name];
    if (expected === undefined || found === undefined || found === expected) return;
    findings.push({
      code: 'SITE_VERSION_MISMATCH',
      severity,
      path: `versions.${name}`,
      message: `versions.${name} is not the one of ${versions.platform}`,
      expected: `${expected} (${table})`,
      found,
      hint: hintFor(name, found, row),
    });
  };
  compare('kubernetes', row.kubernetes, 'error');
  compare('coredns', row.coredns, 'error');
  compare('etcd', row.etcd, 'error');
  compare('kubeOvn', row.kubeOvnChart, 'error');
  // A template in the IaaS may have been renamed, and a Core Package may carry a build suffix.
  compare('image', row.image, 'warning');
  compare('corePackage', row.platform, 'warning');
  return findings;
}

function hintFor(name: keyof Site['versions'], found: string, row: VersionRow): string | undefined {
  if (name === 'kubeOvn' && found === row.kubeOvnComponent)
    return 'This is the version of the component; the annotation takes the version of the chart.';
  if (name === 'image') return 'Right when the template was renamed; its Kubernetes must still be versions.kubernetes.';
  return undefined;
}
