import { expect, test } from 'vitest';
import { guessCountry, loadPhones } from './phone';

test.each([
  [['de-AT', 'en-US'], 'AT'],
  [['de', 'en-GB'], 'GB'],
  [['ja'], 'JP'],
  [['not a language'], 'US'],
  [[], 'US'],
])('somebody who reads %j dials as in %s', (languages, country) => {
  expect(guessCountry(languages)).toBe(country);
});

test('a number is written as its country does, and sent as the world does', async () => {
  const phones = await loadPhones();
  expect(phones.format('2025550143', 'US')).toBe('(202) 555-0143');
  expect(phones.e164('(202) 555-0143', 'US')).toBe('+12025550143');
  expect(phones.countryOf('+49 30')).toBe('DE');
  expect(phones.e164('+44 20 7946 0018', 'US')).toBe('+442079460018');
  expect(phones.e164('12', 'US')).toBeNull();
  expect(phones.e164('', 'US')).toBeNull();
  expect(phones.countries.find(({ code }) => code === 'DE')?.calling).toBe('49');
});
