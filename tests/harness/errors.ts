import { expect } from 'vitest';
import type { Answer, Said } from './rest.ts';
import { error, expectShape } from './shapes.ts';

// The error table, as clients know it: code → status and class.
export const ERRORS = {
  malformed_request: [400, 'ValidationError'],
  validation_failed: [422, 'ValidationError'],
  empty_message: [422, 'ValidationError'],
  message_too_long: [422, 'ValidationError'],
  weak_password: [422, 'ValidationError'],
  password_too_long: [422, 'ValidationError'],
  unauthenticated: [401, 'Unauthorized'],
  token_expired: [401, 'Unauthorized'],
  token_revoked: [401, 'Unauthorized'],
  invalid_credentials: [401, 'Unauthorized'],
  invalid_refresh_token: [401, 'Unauthorized'],
  csrf_failed: [403, 'Forbidden'],
  forbidden: [403, 'Forbidden'],
  origin_refused: [403, 'Forbidden'],
  chat_not_found: [404, 'NotFound'],
  message_not_found: [404, 'NotFound'],
  user_not_found: [404, 'NotFound'],
  unknown_operation: [404, 'NotFound'],
  route_not_found: [404, 'NotFound'],
  method_not_allowed: [405, 'ValidationError'],
  request_timeout: [408, 'Unavailable'],
  username_taken: [409, 'Conflict'],
  email_taken: [409, 'Conflict'],
  phone_taken: [409, 'Conflict'],
  stale_salt: [409, 'Conflict'],
  last_admin: [409, 'Conflict'],
  email_not_allowed: [422, 'ValidationError'],
  invalid_link: [422, 'ValidationError'],
  invalid_image: [422, 'ValidationError'],
  second_factor_required: [401, 'Unauthorized'],
  invalid_code: [401, 'Unauthorized'],
  invalid_passkey: [401, 'Unauthorized'],
  invalid_sign_in: [401, 'Unauthorized'],
  registration_closed: [403, 'Forbidden'],
  invite_required: [403, 'Forbidden'],
  account_suspended: [403, 'Forbidden'],
  blocked: [403, 'Forbidden'],
  not_addable: [403, 'Forbidden'],
  session_not_found: [404, 'NotFound'],
  passkey_not_found: [404, 'NotFound'],
  contact_not_found: [404, 'NotFound'],
  report_not_found: [404, 'NotFound'],
  invite_not_found: [404, 'NotFound'],
  device_not_found: [404, 'NotFound'],
  push_not_configured: [422, 'ValidationError'],
  provider_unavailable: [503, 'Unavailable'],
  unavailable: [503, 'Unavailable'],
  participant_limit: [422, 'ValidationError'],
  payload_too_large: [413, 'ValidationError'],
  unsupported_media_type: [415, 'ValidationError'],
  rate_limited: [429, 'RateLimitExceeded'],
  busy: [503, 'Unavailable'],
  storage_unavailable: [503, 'Unavailable'],
  shutting_down: [503, 'Unavailable'],
  internal: [500, 'Internal'],
} as const;

export type Code = keyof typeof ERRORS;

// Expects an error object of one of the codes, in the one shape errors have.
export function expectError(said: Said, ...codes: Code[]): Said {
  expectShape(said, error);
  expect(codes, JSON.stringify(said)).toContain(said.code);
  expect(said.error).toBe(ERRORS[said.code as Code][1]);
  return said;
}

// Expects a refusal by REST: the code, its status and its shape.
export function expectRefusal(answer: Answer, ...codes: Code[]): Said {
  const said = expectError(answer.body, ...codes);
  expect(answer.status, answer.text).toBe(ERRORS[said.code as Code][0]);
  return said;
}
