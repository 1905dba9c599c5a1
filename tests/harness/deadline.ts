// Milliseconds until a wait is given up.
export type Deadline = number;

// Sanitizer builds are several times slower: PARLEY_PATIENCE=5 stretches every
// deadline, and nothing else.
export const PATIENCE = Number(process.env.PARLEY_PATIENCE ?? '1');

// Resolves with `promise`, or rejects saying what was awaited. `what` may be a
// function when the sentence needs the state at the moment of giving up.
export async function within<T>(
  deadline: Deadline,
  what: string | (() => string),
  promise: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const text = typeof what === 'string' ? what : what();
      reject(new Error(`Gave up after ${deadline * PATIENCE} ms: ${text}`));
    }, deadline * PATIENCE);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Asks `probe` again and again until it returns something truthy; an exception
// counts as "not yet" and is told when the deadline passes.
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  deadline: Deadline = 5_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + deadline * PATIENCE;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (failure) {
      last = failure;
    }
    if (Date.now() > end) {
      const seen = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`Gave up after ${deadline * PATIENCE} ms: ${what} (last: ${seen})`);
    }
    await pause(20);
  }
}

// Lets time pass where time itself is the subject (a token's life, a debounce)
// or between two polls; never instead of waiting for a condition.
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
