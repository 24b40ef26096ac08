// What `globalctl dr check` does: the pair as two files, then as two clusters where there are kubeconfigs.
import { errorCodes, exitCodes, isGlobalctlError, pathExists, toGlobalctlError } from '../../base/index.ts';
import {
  checkLive,
  checkPair,
  portTable,
  sideNames,
  type LiveCheck,
  type LiveSide,
  type Pair,
  type SideName,
} from '../../dr/index.ts';
import { HostPaths } from '../../install/index.ts';
import { HttpKubeClient, loadKubeconfig } from '../../kube/index.ts';
import { countFindings, reportJson, reportText } from '../../lint/index.ts';
import { errorToFinding, sortFindings, type Finding } from '../../site/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { formatTable } from '../view/table.ts';
import { openPair } from './open-pair.ts';
import { sideKubeconfigs, type PairFlags } from './flags.ts';

export interface DrCheckFlags extends PairFlags {
  readonly output: OutputFormat;
}

/** Prints findings, the port table and what runs; the exit code tells whether there is an error among the findings. */
export async function checkPairFiles(app: App, flags: DrCheckFlags): Promise<void> {
  let pair: Pair;
  try {
    pair = await openPair(app, flags.filename, app.redactor);
  } catch (error) {
    if (!isGlobalctlError(error, 'SITE_INVALID')) throw error;
    print(app, flags, { findings: (error.details.causes ?? [error]).map(errorToFinding) });
    return;
  }
  const findings = await checkPair(pair, app.clock.now());
  const live = await openLive(app, pair, flags);
  try {
    const seen =
      Object.keys(live).length === 0
        ? undefined
        : await checkLive({ pair, live, nowMs: app.clock.now(), signal: app.signal });
    print(app, flags, { findings: sortFindings([...findings, ...(seen?.findings ?? [])]), pair, live: seen });
  } finally {
    for (const side of sideNames) await live[side]?.client.close();
  }
}

async function openLive(app: App, pair: Pair, flags: DrCheckFlags): Promise<Partial<Record<SideName, LiveSide>>> {
  const live: Partial<Record<SideName, LiveSide>> = {};
  const given = sideKubeconfigs(app, flags);
  for (const side of sideNames) {
    const { loaded } = pair[side];
    const host = new HostPaths(loaded.resolvePath(loaded.site.bootstrap.hostRoot));
    const path = given[side] ?? `${host.stateFolder(loaded.site.metadata.name)}/global.kubeconfig`;
    if (given[side] === undefined && !(await pathExists(path))) continue;
    try {
      const access = await loadKubeconfig(path);
      const proxyUrl = access.proxyUrl ?? loaded.site.access.proxy;
      const client = new HttpKubeClient({ ...access, proxyUrl }, { requestTimeoutMs: 20_000 });
      live[side] = { client, proxyUrl };
    } catch (error) {
      app.note(`the ${side} side is not looked at: ${toGlobalctlError(error).message}`);
    }
  }
  return live;
}

interface Answer {
  readonly findings: readonly Finding[];
  readonly pair?: Pair;
  readonly live?: LiveCheck | undefined;
}

function print(app: App, { output, filename }: DrCheckFlags, { findings, pair, live }: Answer): void {
  const { redactor } = app;
  const { errors, warnings } = countFindings(findings);
  const first = findings.find(({ severity }) => severity === 'error');
  app.exitCode = first ? exitCodes[errorCodes[first.code].class] : exitCodes.ok;
  const ports = live?.ports ?? (pair ? portTable(pair) : []);
  if (output === 'json') {
    const { certificates, encryption } = live ?? {};
    const answer = { files: filename, valid: errors === 0, ...reportJson(findings), ports, certificates, encryption };
    app.print(redactor.redact(JSON.stringify(answer, undefined, 2)));
    return;
  }
  if (findings.length > 0) app.print(`${redactor.redact(reportText(findings))}\n`);
  if (ports.length > 0)
    app.print(
      formatTable(
        ['FROM', 'TO', 'ADDRESS', ...(live ? ['FROM HERE'] : []), 'USE'],
        ports.map((row) => [
          row.from,
          row.to,
          `${row.address}:${String(row.port)}`,
          ...('state' in row ? [String(row.state)] : []),
          row.use,
        ]),
      ),
    );
  if (live && live.certificates.length > 0) {
    app.print('');
    const rows = live.certificates.map((c) => [c.side, String(c.port), c.validTo, c.left]);
    app.print(formatTable(['SIDE', 'PORT', 'CERTIFICATE ENDS', 'LEFT'], rows));
  }
  if (live && live.encryption.length > 0) {
    app.print('');
    const rows = live.encryption.map((e) => [e.side, e.from, e.fingerprint]);
    app.print(formatTable(['SIDE', 'ENCRYPTION CONFIGURATION OF', 'SHA-256'], rows));
  }
  const warned = warnings > 0 ? `, ${String(warnings)} ${warnings === 1 ? 'warning' : 'warnings'}` : '';
  const verdict = errors === 0 ? 'the two sites are a pair' : `${String(errors)} ${errors === 1 ? 'error' : 'errors'}`;
  app.print(`\n${verdict}${warned}${live ? '' : '; nothing that runs was looked at'}`);
}
