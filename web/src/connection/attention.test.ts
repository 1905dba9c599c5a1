// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Attention, AWAY_AFTER_MS } from './attention';

let told: boolean[];
let attention: Attention;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  attention = new Attention(() => told.push(attention.away));
  attention.start();
});

afterEach(() => {
  attention.stop();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const touch = (kind = 'pointermove') => window.dispatchEvent(new Event(kind));

test('nobody is at the page after five minutes without input, and it is told once', () => {
  vi.advanceTimersByTime(AWAY_AFTER_MS - 1);
  expect(told).toEqual([]);
  vi.advanceTimersByTime(2 * AWAY_AFTER_MS);
  expect(told).toEqual([true]);
});

test('every input puts it off, and the first one after it is told at once', () => {
  for (let i = 0; i < 5; i += 1) {
    vi.advanceTimersByTime(AWAY_AFTER_MS - 1_000);
    touch(i % 2 ? 'keydown' : 'wheel');
  }
  expect(told).toEqual([]);
  vi.advanceTimersByTime(AWAY_AFTER_MS);
  expect(told).toEqual([true]);
  touch();
  touch();
  expect(told).toEqual([true, false]);
  vi.advanceTimersByTime(AWAY_AFTER_MS);
  expect(told).toEqual([true, false, true]);
});

test('looking at the page again is an input, hiding it is none', () => {
  vi.advanceTimersByTime(AWAY_AFTER_MS);
  const visibility = vi.spyOn(document, 'visibilityState', 'get');
  visibility.mockReturnValue('hidden');
  document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toEqual([true]);
  visibility.mockReturnValue('visible');
  document.dispatchEvent(new Event('visibilitychange'));
  expect(told).toEqual([true, false]);
});
