import { expect, test } from 'vitest';
import { NO_QUIET, QUIETS, quietEnd, quietUntil } from './quiet';

const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 30).getTime();

test('lasts as long as was said', () => {
  const now = at(21, 14);
  const hours = QUIETS.map((quiet) => (Date.parse(quietUntil(quiet, now)) - now) / 3_600_000);
  expect(hours).toEqual([1, 4, 17.5, 24, 168]);
});

test('until the morning is the next one, also after midnight', () => {
  expect(Date.parse(quietUntil('morning', at(21, 23)))).toBe(new Date(2026, 10, 22, 8).getTime());
  expect(Date.parse(quietUntil('morning', at(22, 3)))).toBe(new Date(2026, 10, 22, 8).getTime());
});

test('is over when its time has passed, or was never set', () => {
  const now = at(21, 14);
  expect(quietEnd(quietUntil('hour', now), now)).toBe(now + 3_600_000);
  expect(quietEnd(quietUntil('hour', now), now + 3_600_000)).toBeNull();
  expect(quietEnd(NO_QUIET, now)).toBeNull();
  expect(quietEnd(undefined, now)).toBeNull();
  expect(quietEnd('soon', now)).toBeNull();
});
