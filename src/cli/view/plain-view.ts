import { createColors } from 'picocolors';
import type { EventReader, StampedEvent } from '../../base/index.ts';
import { eventLine } from './event-text.ts';

/** Lines for a log file or a pipe: no cursor movement, each state of a wait once, when it changes. */
export function plainView(write: (line: string) => void, verbose: boolean): EventReader {
  const colors = createColors(false);
  let lastWait = '';
  return (event: StampedEvent) => {
    if (event.type === 'wait') {
      const text = `      waiting for ${event.subject}: ${event.message}`;
      // How long it has been so grows by itself and is no news.
      const news = text.replace(/ for (\d+(ms|s|m|h|d))+/g, '');
      if (news === lastWait) return;
      if (!lastWait.startsWith(`      waiting for ${event.subject}:`))
        write(`${text} (at most until ${event.deadline})`);
      else write(text);
      lastWait = news;
      return;
    }
    const line = eventLine(event, colors, verbose);
    if (line !== undefined) write(line);
  };
}
