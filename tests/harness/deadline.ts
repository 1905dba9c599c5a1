// Milliseconds until a wait is given up.
export type Deadline = number;

// Long enough for a machine that stands still for several seconds. What is right never waits so
// long, and what is wrong is wrong after that as well.
export const USUAL: Deadline = 20_000;

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
  deadline: Deadline = USUAL,
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

// Does something up to five times, until once it takes less than so many milliseconds: its own
// count of them, when it gives one. A machine that stands still makes one of them slow; what waits
// for something it should not makes all of them slow.
export async function takesLess(
  than: number,
  act: () => Promise<number> | Promise<void>,
): Promise<void> {
  const took: number[] = [];
  while (took.length < 5) {
    const begun = performance.now();
    took.push((await act()) ?? performance.now() - begun);
    if ((took.at(-1) as number) < than) return;
  }
  throw new Error(`It took ${took.map(Math.round)} ms, never less than ${than}`);
}

// Lets time pass where time itself is the subject (a token's life, a debounce)
// or between two polls; never instead of waiting for a condition.
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
