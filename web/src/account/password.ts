/** What the server asks of a password, one remark per rule, for showing while it is typed. */
export const RULES = ['length', 'lower', 'upper', 'digit', 'special'] as const;
export type Rule = (typeof RULES)[number];

const CHECKS: Record<Rule, (password: string) => boolean> = {
  length: (password) => {
    const bytes = new TextEncoder().encode(password).length;
    return bytes >= 8 && bytes <= 72;
  },
  lower: (password) => /[a-z]/.test(password),
  upper: (password) => /[A-Z]/.test(password),
  digit: (password) => /[0-9]/.test(password),
  special: (password) => /[^A-Za-z0-9]/.test(password),
};

export function metRules(password: string): ReadonlySet<Rule> {
  return new Set(RULES.filter((rule) => CHECKS[rule](password)));
}
