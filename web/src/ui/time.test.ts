import { expect, test } from 'vitest';
import './texts';
import { dayName, momentName, shortTime } from './time';

const now = new Date(2026, 10, 21, 0, 30).getTime();
const at = (year: number, month: number, day: number, hour = 23, minute = 5) =>
  new Date(year, month - 1, day, hour, minute).getTime();

test('days are those of the calendar, not of 24 hours', () => {
  expect(dayName(at(2026, 11, 21, 0, 1), now)).toBe('Today');
  expect(dayName(at(2026, 11, 20), now)).toBe('Yesterday');
  expect(dayName(at(2026, 11, 16), now)).toBe('Monday');
  expect(dayName(at(2026, 3, 3), now)).not.toContain('2026');
  expect(dayName(at(2024, 3, 3), now)).toContain('2024');
});

test('a list shows the time today and the day before that', () => {
  expect(shortTime(at(2026, 11, 21, 0, 5), now)).toMatch(/12:05|0?0[:.]05/);
  expect(shortTime(at(2026, 11, 20), now)).toBe('Yesterday');
  expect(shortTime(at(2026, 11, 16), now)).toBe('Mon');
});

test('a moment reads well in a sentence', () => {
  expect(momentName(at(2026, 11, 20), now)).toMatch(/^yesterday at (11:05.p\.?m\.?|23[:.]05)$/i);
});
