import { formatDuration, type StampedEvent } from '../../base/index.ts';
import type { Colors } from 'picocolors/types.d.ts';
import { formatBytes } from './byte-size.ts';

/** How the events of a run read as lines of text; undefined for events that only a live view shows. */
export function eventLine(event: StampedEvent, colors: Colors, verbose: boolean): string | undefined {
  switch (event.type) {
    case 'run-started':
      return event.resumed ? colors.dim(`going on with the installation of ${event.site}`) : undefined;
    case 'step-started':
      return `${colors.bold(`[${String(event.index)}/${String(event.count)}]`)} ${event.title}`;
    case 'step-probed':
      return verbose ? colors.dim(`      looked: ${event.state}, ${event.reason}`) : undefined;
    case 'step-finished':
      switch (event.outcome) {
        case 'done':
          return `      ${colors.green('done')} in ${formatDuration(event.durationMs)}`;
        case 'already-done':
          return `      ${colors.green('already done')}`;
        case 'failed':
          if (isCancelled(event.error))
            return `      ${colors.yellow('stopped')} after ${formatDuration(event.durationMs)}`;
          return `      ${colors.red('failed')} after ${formatDuration(event.durationMs)}`;
      }
      break;
    case 'effect':
      return event.phase === 'started' || (verbose && event.phase !== 'failed')
        ? colors.dim(`      ${event.phase === 'started' ? '' : `${event.phase}: `}${event.effect}`)
        : undefined;
    case 'wait':
      return undefined;
    case 'progress':
      return undefined;
    case 'output':
      return verbose ? colors.dim(`      ${event.program}: ${event.line}`) : undefined;
    case 'log':
      if (event.level === 'debug') return verbose ? colors.dim(`      ${event.message}`) : undefined;
      if (event.level === 'info') return `      ${event.message}`;
      return `      ${event.level === 'warn' ? colors.yellow('warning') : colors.red('error')}: ${event.message}`;
    case 'run-finished':
      return undefined;
  }
  return undefined;
}

/** `big.tgz 38%`, and of bytes how many, how fast and how long still. */
export function progressText(event: Extract<StampedEvent, { type: 'progress' }>): string {
  const { subject, done, total, unit, ratePerSecond, leftMs } = event;
  const percent = `${subject} ${String(total === 0 ? 100 : Math.floor((done / total) * 100))}%`;
  if (unit !== 'bytes') return percent;
  return [
    `${percent}: ${formatBytes(done)} of ${formatBytes(total)}`,
    ...(ratePerSecond === undefined || ratePerSecond === 0 ? [] : [`${formatBytes(ratePerSecond)}/s`]),
    ...(leftMs === undefined ? [] : [`${formatDuration(Math.max(1000, leftMs))} left`]),
  ].join(', ');
}

/** Whether the error of an event is a person's Ctrl-C, which is no failure. */
function isCancelled(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'CANCELLED';
}
