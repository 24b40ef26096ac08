import {
  contains,
  formatPath,
  parseNetwork,
  parsePath,
  valueAt,
  type FieldPath,
  type Finding,
} from '../../site/index.ts';
import { isGlobalctlError } from '../../base/index.ts';
import type { Pair } from '../pair.ts';

/** Fields that both sides write alike, and why (disaster-recovery §1, §5 and §10). */
const equalFields: readonly (readonly [path: string, why: string])[] = [
  ['provider', 'both sides are of one provider'],
  ['platform.host', 'the platform domain is switched between the sides'],
  ['platform.registryDomain', 'objects that are synchronised name images by it'],
  ['platform.admin.username', 'users and their roles are synchronised'],
  ['platform.registry.username', 'pull Secrets are synchronised'],
  ['platform.console.httpPort', 'the platform address stays the same'],
  ['platform.console.httpsPort', 'the platform address stays the same'],
  ['platform.console.certificate', 'the console answers under one name with one certificate'],
  ['versions.platform', 'objects of another release may not fit'],
  ['versions.image', 'nodes of both sides are of one image'],
  ['versions.kubernetes', 'objects are stored as this release stores them'],
  ['versions.coredns', 'both sides are of one version set'],
  ['versions.etcd', 'both sides are of one version set'],
  ['versions.kubeOvn', 'both sides are of one version set'],
  ['versions.corePackage', 'both sides are of one version set'],
  ['versions.kubeadmProvider', 'the providers work on the synchronised objects'],
  ['versions.infrastructureProvider', 'the providers work on the synchronised objects'],
  ['dr.primaryVIP', 'both sides name the same two VIPs'],
  ['dr.standbyVIP', 'both sides name the same two VIPs'],
  ['dr.etcdSyncVersion', 'either side can become the standby'],
];

/** Fields that each side has to itself, and why. */
const distinctFields: readonly (readonly [path: string, why: string])[] = [
  ['metadata.name', 'journal and logs of the two installations would mix'],
  ['network.controlPlaneVIP', 'each side has a control plane endpoint of its own'],
  ['bootstrap.hostIP', 'each side is installed from a KIND host of its own'],
];

/** Fields of the pair that are not as a pair must have them. */
export function compareFields(pair: Pair): Finding[] {
  return [...unequal(pair), ...shared(pair)];
}

function unequal(pair: Pair): Finding[] {
  return equalFields.flatMap(([path, why]) => {
    const [primary, standby] = valuesAt(pair, path);
    // Which certificate it is, is compared by what the references lead to.
    const kindOnly = path === 'platform.console.certificate';
    const [a, b] = kindOnly ? [kindOf(primary), kindOf(standby)] : [primary, standby];
    if (a === b) return [];
    return [differing(pair, { path, why, expected: shownValue(a), found: shownValue(b) })];
  });
}

function kindOf(certificate: unknown): unknown {
  return typeof certificate === 'string' || certificate === undefined ? certificate : 'thirdParty';
}

interface Differing {
  readonly path: string;
  readonly why: string;
  readonly expected?: string;
  readonly found?: string;
}

function differing(pair: Pair, { path, why, expected, found }: Differing): Finding {
  return pair.standby.loaded.locate({
    code: 'DR_NOT_EQUAL',
    severity: 'error',
    path,
    otherPath: 'dr',
    message: `${path} differs from ${otherPlace(pair, path)}: ${why}`,
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
  });
}

function otherPlace(pair: Pair, path: string): string {
  const { file, line, column } = pair.primary.loaded.placeOf(path);
  return `${file}:${String(line)}:${String(column)}`;
}

function shared(pair: Pair): Finding[] {
  const same = distinctFields.flatMap(([path, why]) => {
    const [primary, standby] = valuesAt(pair, path);
    return primary === standby ? [indistinct(pair, { path, otherPath: path, value: shownValue(standby), why })] : [];
  });
  const taken = new Map(ownTexts(pair, 'primary').map(({ path, value }) => [value, path]));
  const twice = ownTexts(pair, 'standby').flatMap(({ path, value }) => {
    const other = taken.get(value);
    if (other === undefined || same.some((finding) => finding.path === path)) return [];
    return [
      indistinct(pair, { path, otherPath: other, value, why: 'each machine has a name and addresses of its own' }),
    ];
  });
  return [...same, ...twice];
}

interface Indistinct {
  readonly path: string;
  readonly otherPath: string;
  readonly value: string;
  readonly why: string;
}

function indistinct(pair: Pair, { path, otherPath, value, why }: Indistinct): Finding {
  return pair.standby.loaded.locate({
    code: 'DR_NOT_DISTINCT',
    severity: 'error',
    path,
    message: `${path} is what ${otherPlace(pair, otherPath)} has, too: ${why}`,
    expected: 'a value of its own',
    found: value,
  });
}

/** Host names of nodes, and every address of a side in its own node network that is not the network's. */
function ownTexts(pair: Pair, side: 'primary' | 'standby'): { path: string; value: string }[] {
  const { site } = pair[side].loaded;
  const network = parseNetwork(site.network.nodes.cidr);
  return [...textsIn(site, [])].filter(({ path, value }) => {
    if (/^(?:dr|network\.nodes)\b/.test(path)) return false;
    if (/\.nodes\[\d+\]\.(?:hostname|machineName)$/.test(path)) return true;
    return /^\d+\.\d+\.\d+\.\d+$/.test(value) && contains(network, value);
  });
}

function* textsIn(value: unknown, path: FieldPath): Generator<{ path: string; value: string }> {
  if (typeof value === 'string') yield { path: formatPath(path), value };
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value))
    yield* textsIn(child, [...path, Array.isArray(value) ? Number(key) : key]);
}

/** Secrets that both sides hold alike; compared, never shown. One that cannot be read is reported where it stands. */
export async function compareSecrets(pair: Pair): Promise<Finding[]> {
  const paths = new Set(
    [pair.primary, pair.standby]
      .flatMap(({ loaded }) => loaded.secretReferences().map(({ path }) => path))
      .filter((path) =>
        /^(?:dr\.encryptionKey|platform\.(?:admin|registry)\.password|platform\.console\.certificate\.)/.test(path),
      ),
  );
  const findings: Finding[] = [];
  for (const path of paths) {
    const [primary, standby] = await Promise.all([secretAt(pair, 'primary', path), secretAt(pair, 'standby', path)]);
    if (primary === 'unreadable' || standby === 'unreadable' || primary.value === standby.value) continue;
    const why =
      path === 'dr.encryptionKey'
        ? 'the standby side could not read a Secret of the primary'
        : 'both sides answer to the same credentials and under the same certificate';
    findings.push(differing(pair, { path, why }));
  }
  return findings;
}

async function secretAt(
  pair: Pair,
  side: 'primary' | 'standby',
  path: string,
): Promise<{ readonly value: string | undefined } | 'unreadable'> {
  const { loaded } = pair[side];
  const held = loaded.secretReferences().find((entry) => entry.path === path);
  if (!held) return { value: undefined };
  try {
    return { value: await loaded.resolveSecret(held.reference) };
  } catch (error) {
    if (isGlobalctlError(error, 'SECRET_UNREADABLE')) return 'unreadable';
    throw error;
  }
}

function valuesAt(pair: Pair, path: string): readonly [unknown, unknown] {
  const steps = parsePath(path);
  return [valueAt(pair.primary.loaded.site, steps), valueAt(pair.standby.loaded.site, steps)];
}

function shownValue(value: unknown): string {
  return value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}
