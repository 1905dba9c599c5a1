/** When a status is over by itself. */
export const EXPIRIES = ['never', 'halfHour', 'hour', 'fourHours', 'today', 'week'] as const;
export type Expiry = (typeof EXPIRIES)[number];

const MINUTES: Partial<Record<Expiry, number>> = {
  halfHour: 30,
  hour: 60,
  fourHours: 240,
  week: 7 * 24 * 60,
};

/** The moment, or null for a status that stays. A day ends at midnight of this device. */
export function untilOf(expiry: Expiry, now: number): string | null {
  if (expiry === 'never') return null;
  const minutes = MINUTES[expiry];
  if (minutes) return new Date(now + minutes * 60_000).toISOString();
  return new Date(new Date(now).setHours(24, 0, 0, 0)).toISOString();
}
