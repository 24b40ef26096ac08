/** The minutes at which a schedule is due; each field holds the values that fit. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly daysOfMonth: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly daysOfWeek: ReadonlySet<number>;
  /** When both fields of days are restricted, a day that fits either of them is due. */
  readonly eitherDay: boolean;
}

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const MINUTE_MS = 60_000;
/** A date such as February 30th never comes. */
const HORIZON_MS = 5 * 366 * 24 * 60 * MINUTE_MS;

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

/** Reads the five fields of a schedule, with lists, ranges, steps and names, or a macro such as `@hourly`; undefined when it is none. */
export function parseCron(text: string): CronSchedule | undefined {
  const fields = (MACROS[text.trim()] ?? text).trim().split(/\s+/);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = fields;
  if (
    fields.length !== 5 ||
    minute === undefined ||
    hour === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined
  )
    return undefined;
  const minutes = valuesOf(minute, { min: 0, max: 59 });
  const hours = valuesOf(hour, { min: 0, max: 23 });
  const daysOfMonth = valuesOf(dayOfMonth, { min: 1, max: 31 });
  const months = valuesOf(month, { min: 1, max: 12, names: ['', ...MONTHS] });
  const week = valuesOf(dayOfWeek, { min: 0, max: 7, names: DAYS });
  if (!minutes || !hours || !daysOfMonth || !months || !week) return undefined;
  const daysOfWeek = new Set([...week].map((day) => day % 7));
  const eitherDay = !/^[*?]/.test(dayOfMonth) && !/^[*?]/.test(dayOfWeek);
  return { minutes, hours, daysOfMonth, months, daysOfWeek, eitherDay };
}

function valuesOf(text: string, field: Field): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.toLowerCase().split(',')) {
    const [range = '', step, ...rest] = part.split('/');
    const every = step === undefined ? 1 : Number(step);
    const bounds = boundsOf(range, field, step !== undefined);
    if (!bounds || rest.length > 0 || !Number.isInteger(every) || every < 1) return undefined;
    for (let value = bounds[0]; value <= bounds[1]; value += every) values.add(value);
  }
  return values;
}

function boundsOf(range: string, { min, max, names = [] }: Field, stepped: boolean): [number, number] | undefined {
  if (range === '*' || range === '?') return [min, max];
  const numbers = range.split('-').map((word) => {
    const index = word === '' ? -1 : names.indexOf(word);
    return index >= 0 ? index : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  });
  const [first = Number.NaN, last = stepped ? max : first] = numbers;
  const fits = numbers.length <= 2 && first >= min && last <= max && first <= last;
  return fits ? [first, last] : undefined;
}

/** The first due minute after `afterMs`, in UTC; undefined when none comes within five years. */
export function nextRun(schedule: CronSchedule, afterMs: number): number | undefined {
  const start = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  for (let at = start; at < start + HORIZON_MS;) {
    const date = new Date(at);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    if (!schedule.months.has(month + 1)) at = Date.UTC(year, month + 1, 1);
    else if (!isDueDay(schedule, date)) at = Date.UTC(year, month, day + 1);
    else if (!schedule.hours.has(date.getUTCHours())) at = Date.UTC(year, month, day, date.getUTCHours() + 1);
    else if (!schedule.minutes.has(date.getUTCMinutes())) at += MINUTE_MS;
    else return at;
  }
  return undefined;
}

function isDueDay(schedule: CronSchedule, date: Date): boolean {
  const ofMonth = schedule.daysOfMonth.has(date.getUTCDate());
  const ofWeek = schedule.daysOfWeek.has(date.getUTCDay());
  return schedule.eitherDay ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/** The due minutes after `afterMs` and not after `untilMs`, at most `limit` of the latest. */
export function latestRun(schedule: CronSchedule, afterMs: number, untilMs: number): number | undefined {
  let latest: number | undefined;
  for (let at = nextRun(schedule, afterMs); at !== undefined && at <= untilMs; at = nextRun(schedule, at)) latest = at;
  return latest;
}
