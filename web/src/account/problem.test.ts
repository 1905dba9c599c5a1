import { expect, test } from 'vitest';
import type { FailureCode } from '../state/failure';
import { generalText, problemText } from '../ui/problem';
import en from '../ui/texts/en.json';

// Checked by the compiler: a refusal that the server learns needs words here.
const WORDS: Record<FailureCode, string> = en.errors;

test('every refusal has words of its own, an unknown one those of a failure', () => {
  expect(problemText('rate_limited')).toBe(WORDS.rate_limited);
  expect(problemText('something_newer')).toBe(WORDS.internal);
});

test('a problem is said as a whole only when no field on the screen says it', () => {
  const problem = { code: 'validation_failed', fields: { name: 'too long' } };
  expect(generalText(problem, 'name')).toBeNull();
  expect(generalText(problem, 'description')).toBe(WORDS.validation_failed);
  expect(generalText(null)).toBeNull();
});
