import { EventStream } from '../../base/index.ts';
import type { PushProgress } from '../../pack/index.ts';
import type { App } from '../app.ts';
import { attachView } from './attach.ts';
import { progressText } from './event-text.ts';

/** Without a terminal a line of progress comes this often. */
const LINE_EVERY_MS = 10_000;

export interface PushView {
  readonly image: (line: string) => void;
  readonly progress: (progress: PushProgress) => void;
  /** Takes live lines off the screen; says how it ended, by an error or well. */
  readonly close: (failure?: { readonly error: unknown }) => void;
}

/** A push as it goes on, on stderr: live on a terminal; elsewhere a line for each image, and of long pushes now and then one more. */
export function pushView(app: App, options: { readonly title: string; readonly subject: string }): PushView {
  const { title, subject } = options;
  const startedMs = app.clock.now();
  const event = ({ doneBytes, totalBytes, bytesPerSecond, leftMs }: PushProgress) =>
    ({
      type: 'progress',
      step: 'push',
      subject,
      done: doneBytes,
      total: totalBytes,
      unit: 'bytes',
      ratePerSecond: bytesPerSecond,
      leftMs,
    }) as const;
  if (app.stderr.isTTY !== true || app.env['TERM'] === 'dumb') {
    let saidMs = startedMs;
    return {
      image: (line) => app.note(line),
      progress: (progress) => {
        const nowMs = app.clock.now();
        if (nowMs - saidMs < LINE_EVERY_MS) return;
        saidMs = nowMs;
        app.note(progressText({ ...event(progress), time: new Date(nowMs).toISOString() }));
      },
      close: () => undefined,
    };
  }
  const events = new EventStream(() => app.clock.now());
  const detach = attachView(app, events, { output: 'text', verbose: false, redactor: app.redactor });
  events.emit({ type: 'step-started', step: 'push', title, index: 1, count: 1 });
  return {
    image: (line) => events.log('info', line),
    progress: (progress) => events.emit(event(progress)),
    close: (failure) => {
      const durationMs = app.clock.now() - startedMs;
      const outcome = failure ? 'failed' : 'done';
      events.emit({ type: 'step-finished', step: 'push', outcome, durationMs, ...failure });
      detach();
    },
  };
}
