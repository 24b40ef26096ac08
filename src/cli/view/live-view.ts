import { stripVTControlCharacters } from 'node:util';
import { createColors } from 'picocolors';
import type { EventReader, StampedEvent } from '../../base/index.ts';
import type { App } from '../app.ts';
import { eventLine, progressText } from './event-text.ts';
import { wrapLine } from './wrap.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;

export interface LiveView {
  readonly read: EventReader;
  /** Takes the live lines off the screen; call before anything else writes to the terminal. */
  close(): void;
}

/** For a terminal: finished lines stay, and below them a few lines show what is going on now and why it takes time. */
export function liveView(
  terminal: App['stderr'],
  options: { readonly verbose: boolean; readonly color: boolean },
): LiveView {
  const colors = createColors(options.color);
  let waiting: Extract<StampedEvent, { type: 'wait' }> | undefined;
  let progress: Extract<StampedEvent, { type: 'progress' }> | undefined;
  let lastOutput = '';
  let startedMs = 0;
  let drawn = 0;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;

  // The terminal may have echoed a ^C at the start of the line.
  const erase = (): string => (drawn === 0 ? '' : `\r\x1b[${String(drawn)}A\x1b[0J`);
  const columns = (): number => Math.max(20, (terminal.columns ?? 80) - 1);
  const fit = (line: string): string =>
    stripVTControlCharacters(line).length <= columns()
      ? line
      : colors.dim(`${stripVTControlCharacters(line).slice(0, columns() - 1)}…`);
  const block = (): string[] => {
    const spinner = colors.cyan(FRAMES[frame % FRAMES.length] ?? '');
    const seconds = Math.floor((Date.now() - startedMs) / 1000);
    const lines: string[] = [];
    if (waiting) {
      lines.push(
        `    ${spinner} ${String(seconds)}s waiting for ${waiting.subject}, at most until ${waiting.deadline}`,
      );
      const chain = waiting.chain === undefined || waiting.chain.length === 0 ? [waiting.message] : waiting.chain;
      // The last link is the one that explains the others: it is shown whole.
      for (const link of chain.slice(0, -1)) lines.push(colors.dim(`        ${link}`));
      const reason = wrapLine(`        ${chain.at(-1) ?? ''}`, columns(), ' '.repeat(10)).slice(0, 4);
      lines.push(...reason.map((part) => colors.dim(part)));
    } else if (progress) {
      lines.push(`    ${spinner} ${progressText(progress)}`);
    } else if (startedMs > 0) {
      lines.push(`    ${spinner} ${String(seconds)}s ${lastOutput === '' ? '' : colors.dim(lastOutput)}`);
    }
    return lines.slice(0, 10).map(fit);
  };
  const draw = (above?: string): void => {
    const lines = startedMs === 0 ? [] : block();
    terminal.write(`${erase()}${above === undefined ? '' : `${above}\n`}${lines.map((l) => `${l}\n`).join('')}`);
    drawn = lines.length;
  };

  return {
    read: (event) => {
      if (event.type === 'step-started') startedMs = Date.now();
      if (event.type === 'wait') waiting = event;
      if (event.type === 'progress') progress = event.done >= event.total ? undefined : event;
      if (event.type === 'output') lastOutput = event.line;
      if (event.type === 'effect' || event.type === 'step-finished') {
        waiting = undefined;
        progress = undefined;
        lastOutput = '';
      }
      if (event.type === 'step-finished' || event.type === 'run-finished') startedMs = 0;
      if (timer === undefined && startedMs > 0) {
        timer = setInterval(() => {
          frame++;
          draw();
        }, FRAME_MS);
        timer.unref();
      }
      const line = eventLine(event, colors, options.verbose);
      if (line !== undefined || event.type === 'step-finished')
        draw(line && wrapLine(line, columns(), ' '.repeat(8)).join('\n'));
    },
    close: () => {
      clearInterval(timer);
      terminal.write(erase());
      drawn = 0;
      startedMs = 0;
    },
  };
}
