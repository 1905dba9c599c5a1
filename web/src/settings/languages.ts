const OFFERED = [
  'ar',
  'cs',
  'de',
  'en',
  'es',
  'fr',
  'hi',
  'it',
  'ja',
  'ko',
  'nl',
  'pl',
  'pt',
  'ru',
  'sv',
  'tr',
  'uk',
  'zh',
];

/** Languages by the names they give themselves; also the chosen one, whichever that is. */
export function languageChoices(chosen: string, none: string): { value: string; text: string }[] {
  const all = chosen && !OFFERED.includes(chosen) ? [chosen, ...OFFERED] : OFFERED;
  return [
    { value: '', text: none },
    ...all
      .map((value) => ({ value, text: ownName(value) }))
      .sort((a, b) => a.text.localeCompare(b.text)),
  ];
}

function ownName(language: string): string {
  try {
    const name = new Intl.DisplayNames([language], { type: 'language' }).of(language) ?? language;
    return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
  } catch {
    return language;
  }
}
