import type { SyncState } from './state.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The page in the text format of Prometheus. What is not known yet is left out. */
export function renderMetrics(state: SyncState, nowMs: number): string {
  const { status } = state.progress;
  const { lastCheck: check, secrets, expiresMs } = state;
  const lines: string[] = [];
  const add = (type: 'gauge' | 'counter', name: string, help: string, value: number | undefined): void => {
    if (value === undefined || Number.isNaN(value)) return;
    const text = value === Infinity ? '+Inf' : String(value);
    lines.push(`# HELP etcd_sync_${name} ${help}`, `# TYPE etcd_sync_${name} ${type}`, `etcd_sync_${name} ${text}`);
  };
  const flag = (value: boolean): number => (value ? 1 : 0);
  add('gauge', 'leader', 'Whether this replica writes.', flag(state.leads));
  add(
    'gauge',
    'failing',
    'Whether the work ended with an error and waits for another try.',
    flag(state.failure !== undefined),
  );
  if (state.leads) {
    add(
      'gauge',
      'following',
      'Whether every change is followed; 0 during a copy or without a side.',
      flag(status.phase === 'following'),
    );
    add('gauge', 'revision', 'The revision of the primary that the standby shows.', status.revision);
    add('gauge', 'source_revision', 'The revision of the primary.', status.sourceRevision);
    add(
      'gauge',
      'lag_revisions',
      'Revisions of the primary that the standby does not show yet.',
      status.sourceRevision - status.revision,
    );
    add('gauge', 'lag_seconds', 'Since the standby was last level with the primary.', status.lagSeconds);
    add('gauge', 'secrets_synced', 'Whether Secrets take part.', flag(secrets.state === 'proven'));
    add(
      'gauge',
      'secrets_held',
      'Whether Secrets are held back since the standby cannot read them.',
      flag(secrets.state === 'held'),
    );
  }
  add('counter', 'keys_put_total', 'Keys written into the standby.', status.keysPut);
  add('counter', 'keys_deleted_total', 'Keys deleted in the standby.', status.keysDeleted);
  add('counter', 'bytes_total', 'Bytes of keys and values written.', status.bytes);
  add('counter', 'transactions_total', 'Transactions of the standby.', status.transactions);
  add('counter', 'errors_total', 'Answers of either side that were an error, or none.', status.errors);
  add('counter', 'reconnects_total', 'Times that the work began again after such an answer.', status.reconnects);
  add('counter', 'copies_total', 'Comparisons of both sides in full.', status.copies);
  add('gauge', 'keys', 'Keys of the primary that take part, at the last check.', check?.keys);
  add('gauge', 'missed_keys', 'Keys that the standby lacked, at the last check.', check?.counts.missed);
  add('gauge', 'surplus_keys', 'Keys that only the standby held, at the last check.', check?.counts.surplus);
  add('gauge', 'unlike_keys', 'Keys with other values, at the last check.', check?.counts.unlike);
  add('gauge', 'check_timestamp_seconds', 'When the last check began.', check && Date.parse(check.time) / 1000);
  add(
    'gauge',
    'certificate_expiry_seconds',
    'Until the client certificate for the primary ends.',
    expiresMs === undefined ? undefined : Math.round((expiresMs - nowMs) / 1000),
  );
  add('gauge', 'resident_memory_bytes', 'Memory of this process.', process.memoryUsage.rss());
  return `${lines.join('\n')}\n`;
}
