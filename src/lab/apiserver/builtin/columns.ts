/** How kubectl prints a length of time: the two largest units that matter (k8s.io/apimachinery, util/duration). */
export function printedDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${String(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${String(minutes)}m` : `${String(minutes)}m${String(seconds % 60)}s`;
  if (minutes < 180) return `${String(minutes)}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${String(hours)}h` : `${String(hours)}h${String(minutes % 60)}m`;
  if (hours < 48) return `${String(hours)}h`;
  const days = Math.floor(hours / 24);
  if (hours < 192) return hours % 24 === 0 ? `${String(days)}d` : `${String(days)}d${String(hours % 24)}h`;
  if (days < 730) return `${String(days)}d`;
  const years = Math.floor(days / 365);
  if (days < 8 * 365) return days % 365 === 0 ? `${String(years)}y` : `${String(years)}y${String(days % 365)}d`;
  return `${String(years)}y`;
}

/** Time since an API timestamp. */
export function printedAge(timestamp: unknown, nowMs: number): string {
  if (typeof timestamp !== 'string' || timestamp === '') return '<unknown>';
  return printedDuration(nowMs - Date.parse(timestamp));
}
