/**
 * How long to wait before the next attempt: doubling, with half of it left to
 * chance so that clients of a restarted server do not come back in step.
 */
export class Backoff {
  private failures = 0;

  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  nextMs(): number {
    const full = Math.min(this.longestMs, this.firstMs * 2 ** this.failures);
    this.failures += 1;
    return full / 2 + (full / 2) * this.random();
  }

  reset(): void {
    this.failures = 0;
  }
}
