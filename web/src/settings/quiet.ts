/** For how long nobody is to be woken. */
export const QUIETS = ['hour', 'fourHours', 'morning', 'day', 'week'] as const;
export type Quiet = (typeof QUIETS)[number];

const HOUR_MS = 3_600_000;
const MORNING = 8;

/** When a quiet that begins now is over. */
export function quietUntil(quiet: Quiet, now: number): string {
  return new Date(endOf(quiet, now)).toISOString();
}

/** What ends a quiet at once, whatever the clock of this device says. */
export const NO_QUIET = new Date(0).toISOString();

/** When the quiet that is set is over; null when there is none. */
export function quietEnd(until: string | undefined, now: number): number | null {
  const end = until === undefined ? Number.NaN : Date.parse(until);
  return end > now ? end : null;
}

function endOf(quiet: Quiet, now: number): number {
  switch (quiet) {
    case 'hour':
      return now + HOUR_MS;
    case 'fourHours':
      return now + 4 * HOUR_MS;
    case 'day':
      return now + 24 * HOUR_MS;
    case 'week':
      return now + 7 * 24 * HOUR_MS;
    case 'morning': {
      const morning = new Date(now);
      // Whoever asks before it means the one that comes.
      if (morning.getHours() >= MORNING) morning.setDate(morning.getDate() + 1);
      return morning.setHours(MORNING, 0, 0, 0);
    }
  }
}
