import { expect, test } from 'vitest';
import { untilOf } from './status';

const noon = new Date(2026, 10, 21, 12, 0, 0).getTime();

test('a status stays, ends after a while, or ends with the day of this device', () => {
  expect(untilOf('never', noon)).toBeNull();
  expect(untilOf('halfHour', noon)).toBe(new Date(2026, 10, 21, 12, 30).toISOString());
  expect(untilOf('today', noon)).toBe(new Date(2026, 10, 22, 0, 0).toISOString());
  expect(untilOf('week', noon)).toBe(new Date(noon + 7 * 86_400_000).toISOString());
});
