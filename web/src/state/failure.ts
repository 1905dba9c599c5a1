import { type ApiError, type ErrorCode, RETRYABLE } from '../protocol';

/** Why something did not happen: a refusal of the server, or no answer from it. */
export type FailureCode = ErrorCode | 'unreachable';

// Refusals of a token are settled by getting another one.
const TEMPORARY: ReadonlySet<FailureCode> = new Set<FailureCode>([
  ...RETRYABLE,
  'unreachable',
  'unauthenticated',
  'token_expired',
  'token_revoked',
]);

/** A refusal or a lack of an answer, as thrown by every action. */
export class Failure extends Error {
  override name = 'Failure';

  constructor(
    readonly code: FailureCode,
    message: string = code,
    /** What is wrong with which member of the request, in the server's words. */
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }

  static of(error: ApiError): Failure {
    return new Failure(error.code, error.message, error.fields ?? {}, error.retry_after ?? null);
  }

  /** The same request may succeed later, unchanged. */
  get temporary(): boolean {
    return TEMPORARY.has(this.code);
  }
}
