import type { EventStream, Redactor } from '../../base/index.ts';
import type { App, OutputFormat } from '../app.ts';
import { liveView } from './live-view.ts';
import { plainView } from './plain-view.ts';

export interface ViewOptions {
  readonly output: OutputFormat;
  readonly verbose: boolean;
  readonly redactor: Redactor;
}

/** Shows a run's events: a live view on a terminal, lines elsewhere, or each event as JSON on stdout. Returns its end. */
export function attachView(app: App, events: EventStream, options: ViewOptions): () => void {
  const { redactor } = options;
  if (options.output === 'json')
    return events.subscribe((event) => app.print(JSON.stringify(redactor.redactDeep(event))));
  if (app.stderr.isTTY === true && app.env['TERM'] !== 'dumb') {
    const view = liveView(app.stderr, { verbose: options.verbose, color: app.env['NO_COLOR'] === undefined });
    const unsubscribe = events.subscribe((event) => view.read(redactor.redactDeep(event)));
    return () => {
      unsubscribe();
      view.close();
    };
  }
  return events.subscribe(plainView((line) => app.note(redactor.redact(line)), options.verbose));
}
