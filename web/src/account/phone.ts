import type { CountryCode } from 'libphonenumber-js/min';
import { texts } from '../ui/texts';

export type { CountryCode };

export interface Country {
  code: CountryCode;
  calling: string;
  name: string;
}

/** What is known of the phone numbers of the world. */
export interface Phones {
  countries: readonly Country[];
  /** As people of this country write it, with what is typed so far. */
  format(text: string, country: CountryCode): string;
  /** The country that a number beginning with '+' is of, if it can be told. */
  countryOf(text: string): CountryCode | undefined;
  /** "+4915112345678"; null when no phone can have it. */
  e164(text: string, country: CountryCode): string | null;
}

let known: Promise<Phones> | null = null;

/** Loads the numbering plans, which are large, when they are first needed. */
export function loadPhones(): Promise<Phones> {
  known ??= load().catch((failure) => {
    known = null;
    throw failure;
  });
  return known;
}

async function load(): Promise<Phones> {
  const { AsYouType, getCountries, getCountryCallingCode, parsePhoneNumberFromString } =
    await import('libphonenumber-js/min');
  const names = new Intl.DisplayNames(texts.language, { type: 'region' });
  const countries = getCountries()
    .map((code) => ({ code, calling: getCountryCallingCode(code), name: names.of(code) ?? code }))
    .sort((a, b) => a.name.localeCompare(b.name));
  return {
    countries,
    format: (text, country) => new AsYouType(country).input(text),
    countryOf(text) {
      const typed = new AsYouType();
      typed.input(text);
      return typed.getCountry();
    },
    e164(text, country) {
      const number = parsePhoneNumberFromString(text, country);
      return number?.isValid() ? number.number : null;
    },
  };
}

/** The country of the first of these languages that names one, or is mostly spoken in one. */
export function guessCountry(languages: readonly string[]): CountryCode {
  const locales = languages.flatMap((tag) => {
    try {
      return [new Intl.Locale(tag)];
    } catch {
      return [];
    }
  });
  const named = locales.find(({ region }) => region)?.region;
  return (named ?? locales[0]?.maximize().region ?? 'US') as CountryCode;
}
