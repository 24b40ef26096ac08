import { lintSite } from '../../lint/index.ts';
import { checkSecrets, checkSite, sortFindings, type Finding } from '../../site/index.ts';
import { drOf, sideNames, type Pair } from '../pair.ts';
import { checkCertificate } from './certificate.ts';
import { compareFields, compareSecrets } from './fields.ts';
import { compareRendered, renderPair } from './rendered.ts';

/**
 * Everything that can be said about a pair without contacting anything: the faults of each site and its manifest, what is not equal
 * and must be, what is not distinct and must be. Reads every secret and shows none.
 */
export async function checkPair(pair: Pair, nowMs: number): Promise<Finding[]> {
  const ofSides: Finding[] = [];
  for (const side of sideNames) {
    const { loaded } = pair[side];
    ofSides.push(
      ...checkSite(loaded),
      ...(await checkSecrets(loaded)),
      ...(await lintSite(loaded)).findings,
      ...(await checkCertificate(loaded, nowMs)).map((finding) => loaded.locate(finding)),
      ...versionOf(pair, side),
    );
  }
  const rendered = await renderPair(pair);
  const all = [
    ...ofSides,
    ...compareFields(pair),
    ...(await compareSecrets(pair)),
    ...(rendered ? compareRendered(pair, rendered) : []),
  ];
  return sortFindings(withoutRepeats(all));
}

function versionOf(pair: Pair, side: 'primary' | 'standby'): Finding[] {
  const { loaded } = pair[side];
  if (drOf(loaded.site).etcdSyncVersion !== undefined) return [];
  return [
    loaded.locate({
      code: 'SITE_DR',
      severity: 'warning',
      path: 'dr.etcdSyncVersion',
      otherPath: 'dr',
      message: 'without a version of global-etcd-sync the pair is not synchronised',
      expected: 'the version that the packages deliver, e.g. v4.2.2',
      found: 'nothing',
    }),
  ];
}

/** A key that differs shows twice, as a secret and in what is rendered from it; the first says it. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, place, path, subject, message }) => {
    const key =
      code === 'DR_NOT_EQUAL' ? JSON.stringify([code, path]) : JSON.stringify([code, place, path, subject, message]);
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}
