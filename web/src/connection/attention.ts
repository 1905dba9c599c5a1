/** Nobody has touched the page for so long: nobody is at it. */
export const AWAY_AFTER_MS = 5 * 60_000;

const INPUT = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'focus'] as const;

/**
 * Knows whether somebody is at this page, and tells when that changes: away after five minutes
 * without input, which a hidden page never gets, and back at the first one.
 */
export class Attention {
  away = false;
  private touchedAt = Date.now();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly onChange: () => void) {}

  start(): void {
    if (this.timer !== undefined) return;
    const options = { passive: true, capture: true };
    for (const kind of INPUT) window.addEventListener(kind, this.touched, options);
    document.addEventListener('visibilitychange', this.looked);
    this.wait(AWAY_AFTER_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    for (const kind of INPUT) window.removeEventListener(kind, this.touched, true);
    document.removeEventListener('visibilitychange', this.looked);
  }

  private readonly touched = () => {
    this.touchedAt = Date.now();
    if (!this.away) return;
    this.away = false;
    this.wait(AWAY_AFTER_MS);
    this.onChange();
  };

  private readonly looked = () => {
    if (document.visibilityState === 'visible') this.touched();
  };

  // Not set anew with each input: it looks how long ago the last one was.
  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const left = this.touchedAt + AWAY_AFTER_MS - Date.now();
      if (left > 0) return this.wait(left);
      this.away = true;
      this.onChange();
    }, ms);
  }
}
