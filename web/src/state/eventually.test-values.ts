import { vi } from 'vitest';

/** Long enough for a machine that stands still for seconds; what is right never takes it. */
export const PATIENCE_MS = 15_000;

/** Resolves as soon as `check` no longer throws. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 5 });
}
