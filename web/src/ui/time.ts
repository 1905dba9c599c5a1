import { texts } from './texts';

// The language of the texts with the habits of the reader's region, such as 24 hours.
function locale(): string {
  const own = globalThis.navigator?.language ?? '';
  return own.startsWith(texts.language) ? own : texts.language;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: number, options: Intl.DateTimeFormatOptions): string {
  const key = locale() + JSON.stringify(options);
  let known = formats.get(key);
  if (!known) {
    known = new Intl.DateTimeFormat(locale(), options);
    formats.set(key, known);
  }
  return known.format(at);
}

const DAY_MS = 86_400_000;

// Days between two moments as the calendar on the wall counts them.
function daysAgo(at: number, now: number): number {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / DAY_MS);
}

export function timeOfDay(at: number): string {
  return format(at, { timeStyle: 'short' });
}

/** "Today", "Yesterday", "Monday", "3 March", "3 March 2024". */
export function dayName(at: number, now = Date.now()): string {
  const ago = daysAgo(at, now);
  if (ago === 0) return texts.t('time.today');
  if (ago === 1) return texts.t('time.yesterday');
  if (ago > 1 && ago < 7) return format(at, { weekday: 'long' });
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return format(at, { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) });
}

/** As short as a list needs it: the time today, then the day. */
export function shortTime(at: number, now = Date.now()): string {
  const ago = daysAgo(at, now);
  if (ago <= 0) return timeOfDay(at);
  if (ago === 1) return texts.t('time.yesterday');
  if (ago < 7) return format(at, { weekday: 'short' });
  return format(at, { day: '2-digit', month: '2-digit', year: '2-digit' });
}

/** In a sentence: "today at 14:05", "Monday at 9:00". */
export function momentName(at: number, now = Date.now()): string {
  const time = timeOfDay(at);
  const ago = daysAgo(at, now);
  if (ago <= 0) return texts.t('time.todayAt', { time });
  if (ago === 1) return texts.t('time.yesterdayAt', { time });
  return texts.t('time.onAt', { day: dayName(at, now), time });
}

/** A moment to come: "14:05" today, "Sun, 22 Nov, 14:05" later. */
export function untilName(at: number, now = Date.now()): string {
  if (daysAgo(at, now) === 0) return timeOfDay(at);
  const day = { weekday: 'short', day: 'numeric', month: 'short' } as const;
  return format(at, { ...day, hour: 'numeric', minute: '2-digit' });
}
