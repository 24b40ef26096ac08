// What `globalctl dr status` prints.
import { formatDuration } from '../../base/index.ts';
import { gatesText, statusOfPair, type PairStatus } from '../../dr/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { formatTable } from '../view/table.ts';
import { openRun, type RunFlags } from './pair-run.ts';

export interface DrStatusFlags extends RunFlags {
  readonly output: OutputFormat;
}

export async function statusOfBoth(app: App, flags: DrStatusFlags): Promise<void> {
  const status = await statusOfPair(await openRun(app, flags));
  if (flags.output === 'json') app.print(app.redactor.redact(JSON.stringify(status, undefined, 2)));
  else app.print(app.redactor.redact(statusText(status)));
}

/** The status for people, without colour. */
export function statusText({ domain, sides, sync, gates, ports, certificates, open }: PairStatus): string {
  const leads = domain.leadsTo === 'neither' ? 'leads to neither side' : `leads to the ${domain.leadsTo} side`;
  const parts = [
    formatTable(
      ['SIDE', 'VIP', 'ROLE NOW', 'SYNCHRONIZER', 'STANDBY SINCE'],
      sides.map((s) => [
        s.side,
        s.vip,
        s.reachable ? s.role : 'does not answer',
        s.synchronizer ? 'here' : '-',
        s.standbySince ?? '-',
      ]),
    ),
    `${domain.name} ${leads}`,
  ];
  if (open)
    parts.push(`${open.id}, begun at ${open.startedAt}, has not ended: run the same command again to go on with it`);
  if (sync) parts.push(syncText(sync));
  if (gates.length > 0) parts.push(gatesText(gates));
  parts.push(
    formatTable(
      ['PORT OF', 'ADDRESS', 'FROM HERE', 'CERTIFICATE'],
      ports.map((row) => [
        row.to,
        `${row.address}:${String(row.port)}`,
        row.state,
        certificates.find((c) => c.side === row.to && c.port === row.port)?.left ?? '-',
      ]),
    ),
  );
  return parts.join('\n\n');
}

function syncText({
  trouble,
  following,
  lagRevisions,
  lagSeconds,
  lastCheck,
  certificateSeconds,
  errors,
}: NonNullable<PairStatus['sync']>): string {
  if (trouble !== undefined) return `synchronizer: ${trouble}`;
  const facts = [
    following === undefined
      ? undefined
      : following
        ? 'follows every change'
        : 'does not follow: it copies, or a side is gone',
    lagRevisions === undefined ? undefined : `${String(lagRevisions)} revisions behind`,
    lagSeconds === undefined ? undefined : `level ${formatDuration(lagSeconds * 1000)} ago`,
    lastCheck === undefined ? 'not checked yet' : `last checked at ${lastCheck}`,
    certificateSeconds === undefined
      ? undefined
      : `client certificate ends in ${formatDuration(certificateSeconds * 1000)}`,
    errors === undefined ? undefined : `${String(errors)} errors`,
  ];
  return `synchronizer: ${facts.filter((fact) => fact !== undefined).join(', ')}`;
}
