import { expect, test } from 'vitest';
import { Backoff } from './backoff';

test('waits double up to a limit, half of each left to chance', () => {
  const shortest = new Backoff(100, 1_000, () => 0);
  const longest = new Backoff(100, 1_000, () => 1);
  expect(Array.from({ length: 6 }, () => shortest.nextMs())).toEqual([50, 100, 200, 400, 500, 500]);
  expect(Array.from({ length: 6 }, () => longest.nextMs())).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

test('begins again after a reset', () => {
  const backoff = new Backoff(100, 1_000, () => 1);
  backoff.nextMs();
  backoff.nextMs();
  backoff.reset();
  expect(backoff.nextMs()).toBe(100);
});
