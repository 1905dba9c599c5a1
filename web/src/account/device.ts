// The first that occurs counts: browsers name those they want to be taken for after themselves.
const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR/', 'Opera'],
  ['SamsungBrowser', 'Samsung'],
  ['Firefox', 'Firefox'],
  ['Chromium', 'Chromium'],
  ['Chrome', 'Chrome'],
  ['CriOS', 'Chrome'],
  ['FxiOS', 'Firefox'],
  ['Safari', 'Safari'],
  ['curl', 'curl'],
] as const;
const PLATFORMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Macintosh', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

/** "Firefox on Linux", as the server names sessions; null for a client that does not say. */
export function deviceName(userAgent: string): string | null {
  const named = (marks: readonly (readonly [string, string])[]) =>
    marks.find(([mark]) => userAgent.includes(mark))?.[1];
  const browser = named(BROWSERS);
  const platform = named(PLATFORMS);
  return browser && platform ? `${browser} on ${platform}` : (browser ?? platform ?? null);
}
