#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <exception>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley {

// Every way a request can be refused. The table below is the whole truth about them: transports,
// docs/errors.md and the web client are all fed from it.
enum class Errc : std::uint8_t {
  malformed_request,
  validation_failed,
  empty_message,
  message_too_long,
  weak_password,
  password_too_long,
  participant_limit,
  email_not_allowed,
  invalid_link,
  invalid_image,
  unauthenticated,
  token_expired,
  token_revoked,
  invalid_credentials,
  invalid_refresh_token,
  second_factor_required,
  invalid_code,
  invalid_passkey,
  invalid_sign_in,
  forbidden,
  csrf_failed,
  origin_refused,
  registration_closed,
  invite_required,
  account_suspended,
  blocked,
  not_addable,
  chat_not_found,
  message_not_found,
  user_not_found,
  session_not_found,
  passkey_not_found,
  contact_not_found,
  report_not_found,
  invite_not_found,
  device_not_found,
  route_not_found,
  unknown_operation,
  method_not_allowed,
  request_timeout,
  username_taken,
  email_taken,
  phone_taken,
  stale_salt,
  last_admin,
  payload_too_large,
  unsupported_media_type,
  rate_limited,
  busy,
  storage_unavailable,
  push_not_configured,
  provider_unavailable,
  unavailable,
  shutting_down,
  internal,
};

struct ErrorInfo {
  Errc code;
  std::string_view name;  // as it appears on the wire; never renamed
  int http_status;
  bool retry;  // the same request may succeed later, unchanged
  std::string_view text;
};

inline constexpr std::array kErrors{
    ErrorInfo{Errc::malformed_request, "malformed_request", 400, false,
              "The request cannot be read"},
    ErrorInfo{Errc::validation_failed, "validation_failed", 422, false,
              "Something in the request is not allowed"},
    ErrorInfo{Errc::empty_message, "empty_message", 422, false, "A message needs content"},
    ErrorInfo{Errc::message_too_long, "message_too_long", 422, false, "The message is too long"},
    ErrorInfo{Errc::weak_password, "weak_password", 422, false,
              "A password needs at least 8 characters with upper case, lower case, a digit and a "
              "special character"},
    ErrorInfo{Errc::password_too_long, "password_too_long", 422, false,
              "A password has at most 72 bytes"},
    ErrorInfo{Errc::participant_limit, "participant_limit", 422, false,
              "The group has as many participants as it may have"},
    ErrorInfo{Errc::email_not_allowed, "email_not_allowed", 422, false,
              "E-mail addresses of this domain may not be used here"},
    ErrorInfo{Errc::invalid_link, "invalid_link", 422, false,
              "This link is wrong, has been used, or is too old: ask for a new one"},
    ErrorInfo{Errc::invalid_image, "invalid_image", 422, false,
              "This is not an image that can be used"},
    ErrorInfo{Errc::unauthenticated, "unauthenticated", 401, false, "Sign in first"},
    ErrorInfo{Errc::token_expired, "token_expired", 401, false,
              "The access token has expired: refresh it"},
    ErrorInfo{Errc::token_revoked, "token_revoked", 401, false, "This sign-in was ended"},
    ErrorInfo{Errc::invalid_credentials, "invalid_credentials", 401, false,
              "The name or the password is wrong"},
    ErrorInfo{Errc::invalid_refresh_token, "invalid_refresh_token", 401, false,
              "The refresh token is not valid: sign in again"},
    ErrorInfo{Errc::second_factor_required, "second_factor_required", 401, false,
              "The code of your second factor is needed as well"},
    ErrorInfo{Errc::invalid_code, "invalid_code", 401, false,
              "This code is wrong, has been used, or is too old"},
    ErrorInfo{Errc::invalid_passkey, "invalid_passkey", 401, false,
              "This passkey could not be verified"},
    ErrorInfo{Errc::invalid_sign_in, "invalid_sign_in", 401, false,
              "The sign-in with the provider could not be verified: begin again"},
    ErrorInfo{Errc::forbidden, "forbidden", 403, false, "You may not do this"},
    ErrorInfo{Errc::csrf_failed, "csrf_failed", 403, false,
              "The CSRF token is missing or does not belong to this sign-in"},
    ErrorInfo{Errc::origin_refused, "origin_refused", 403, false,
              "Pages of this origin may not talk to this server"},
    ErrorInfo{Errc::registration_closed, "registration_closed", 403, false,
              "New accounts are made by the operator here"},
    ErrorInfo{Errc::invite_required, "invite_required", 403, false,
              "A new account needs an invite, and this one is missing, used up or too old"},
    ErrorInfo{Errc::account_suspended, "account_suspended", 403, false,
              "This account is suspended"},
    ErrorInfo{Errc::blocked, "blocked", 403, false, "You cannot write to this person"},
    ErrorInfo{Errc::not_addable, "not_addable", 403, false,
              "Somebody you named does not let you add them to groups"},
    ErrorInfo{Errc::chat_not_found, "chat_not_found", 404, false, "There is no such chat for you"},
    ErrorInfo{Errc::message_not_found, "message_not_found", 404, false,
              "There is no such message in this chat"},
    ErrorInfo{Errc::user_not_found, "user_not_found", 404, false, "There is no such user"},
    ErrorInfo{Errc::session_not_found, "session_not_found", 404, false, "You have no such session"},
    ErrorInfo{Errc::passkey_not_found, "passkey_not_found", 404, false, "You have no such passkey"},
    ErrorInfo{Errc::contact_not_found, "contact_not_found", 404, false, "You have no such contact"},
    ErrorInfo{Errc::report_not_found, "report_not_found", 404, false, "There is no such report"},
    ErrorInfo{Errc::invite_not_found, "invite_not_found", 404, false, "There is no such invite"},
    ErrorInfo{Errc::device_not_found, "device_not_found", 404, false, "You have no such device"},
    ErrorInfo{Errc::route_not_found, "route_not_found", 404, false, "There is nothing here"},
    ErrorInfo{Errc::unknown_operation, "unknown_operation", 404, false,
              "There is no such operation"},
    ErrorInfo{Errc::method_not_allowed, "method_not_allowed", 405, false,
              "This method does not work here; see Allow"},
    ErrorInfo{Errc::request_timeout, "request_timeout", 408, true,
              "The request took too long to arrive"},
    ErrorInfo{Errc::username_taken, "username_taken", 409, false, "This username is taken"},
    ErrorInfo{Errc::email_taken, "email_taken", 409, false, "This e-mail address is taken"},
    ErrorInfo{Errc::phone_taken, "phone_taken", 409, false, "This phone number is taken"},
    ErrorInfo{Errc::stale_salt, "stale_salt", 409, false,
              "The salt has been changed: get the new one and hash again"},
    ErrorInfo{Errc::last_admin, "last_admin", 409, false, "Somebody has to remain administrator"},
    ErrorInfo{Errc::payload_too_large, "payload_too_large", 413, false, "The request is too large"},
    ErrorInfo{Errc::unsupported_media_type, "unsupported_media_type", 415, false,
              "Send application/json"},
    ErrorInfo{Errc::rate_limited, "rate_limited", 429, true, "Too many requests: slow down"},
    ErrorInfo{Errc::busy, "busy", 503, true, "The server is busy: try again shortly"},
    ErrorInfo{Errc::storage_unavailable, "storage_unavailable", 503, true,
              "Nothing can be stored right now: try again later"},
    ErrorInfo{Errc::push_not_configured, "push_not_configured", 422, false,
              "This server sends no pushes of this kind"},
    ErrorInfo{Errc::provider_unavailable, "provider_unavailable", 503, true,
              "The sign-in provider does not answer: try again later"},
    ErrorInfo{Errc::unavailable, "unavailable", 503, true,
              "A part of the server does not answer right now: try again shortly"},
    ErrorInfo{Errc::shutting_down, "shutting_down", 503, true, "The server is restarting"},
    ErrorInfo{Errc::internal, "internal", 500, true, "The server failed; it has been logged"},
};

static_assert(
    [] {
      for (std::size_t i = 0; i < kErrors.size(); ++i)
        if (static_cast<std::size_t>(kErrors[i].code) != i) return false;
      return kErrors.size() == static_cast<std::size_t>(Errc::internal) + 1;
    }(),
    "kErrors lists the codes in the order of Errc");

constexpr const ErrorInfo& info(Errc code) { return kErrors[static_cast<std::size_t>(code)]; }

// The class of an error, by which a client without a case for the code can act (FEATURES S135).
constexpr std::string_view error_class(Errc code) {
  switch (info(code).http_status) {
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 409:
      return "Conflict";
    case 429:
      return "RateLimitExceeded";
    case 408:
    case 503:
      return "Unavailable";
    case 500:
      return "Internal";
    default:
      return "ValidationError";
  }
}

struct FieldError {
  std::string field;  // as it is called on the wire
  std::string text;
};

struct Error {
  Errc code = Errc::internal;
  std::string detail{};  // for the developer; added to the text of the table
  std::vector<FieldError> fields{};
  std::chrono::seconds retry_after{0};
};

// What a use case gives back: the value, or the reason it was refused.
//
// Errors here are the ones a caller can cause. What the machine does to us (a full disk, a lost
// database) is an exception, caught once, where operations are run.
template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string detail = {}) {
  return std::unexpected{Error{.code = code, .detail = std::move(detail)}};
}

inline std::unexpected<Error> fail_field(std::string field, std::string text,
                                         Errc code = Errc::validation_failed) {
  return std::unexpected{Error{.code = code, .fields = {{std::move(field), std::move(text)}}}};
}

// Thrown by a store that cannot keep anything at the moment: the disk is full, the database gone.
// The caller is answered storage_unavailable; nothing of the request was kept.
struct StorageUnavailable : std::exception {
  explicit StorageUnavailable(std::string why) : what_(std::move(why)) {}
  const char* what() const noexcept override { return what_.c_str(); }

 private:
  std::string what_;
};

}  // namespace parley
