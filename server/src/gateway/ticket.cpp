#include "gateway/ticket.h"

#include <algorithm>
#include <array>
#include <span>

#include <openssl/sha.h>

#include "base/base64url.h"
#include "base/secret.h"
#include "gateway/json_read.h"
#include "gateway/json_write.h"

namespace parley::gateway {
namespace {

constexpr std::string_view kVersion = "v1 ";
constexpr std::size_t kLongestUserAgent = 1024;
constexpr std::string_view kTicketPurpose = "parley ticket v1";
constexpr std::string_view kAnswerPurpose = "parley answer v1";

std::span<const unsigned char> bytes_of(std::string_view text) {
  return {reinterpret_cast<const unsigned char*>(text.data()), text.size()};
}

// Headers may hold any bytes, JSON may not.
std::string as_text(std::string_view header) {
  std::string text{header.substr(0, kLongestUserAgent)};
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  return text;
}

template <class T>
std::optional<T> read(std::string_view json) {
  auto read = json::read_message<T>(json::Input{json});
  if (!read) return std::nullopt;
  return std::move(*read);
}

}  // namespace

Ticket Ticket::of(const Caller& caller) {
  Ticket ticket;
  ticket.user_id = caller.user_id;
  ticket.session_id = caller.session_id;
  ticket.role = caller.role;
  ticket.connection = decltype(ticket.connection){caller.connection};
  ticket.address = caller.address;
  ticket.user_agent = as_text(caller.user_agent);
  ticket.keeps_cookies = caller.keeps_cookies;
  ticket.trace = traceparent(caller.trace);
  return ticket;
}

Caller Ticket::caller() const {
  return {.user_id = user_id,
          .session_id = session_id,
          .role = role,
          .connection = connection.value(),
          .address = address,
          .user_agent = user_agent,
          .keeps_cookies = keeps_cookies,
          .trace = read_traceparent(trace).value_or(Trace{})};
}

std::string ClusterSeal::sign(const Ticket& ticket, std::string_view operation,
                              std::string_view body) const {
  return seal(kTicketPurpose, json::to_json(ticket), operation, body);
}

std::expected<Ticket, Distrust> ClusterSeal::check(std::string_view header,
                                                   std::string_view operation,
                                                   std::string_view body) const {
  if (!has_secret()) return std::unexpected(Distrust::no_secret);
  if (header.empty()) return std::unexpected(Distrust::unsigned_request);
  const auto json = open(kTicketPurpose, header, operation, body);
  if (!json) return std::unexpected(Distrust::forged);
  auto ticket = read<Ticket>(*json);
  if (!ticket) return std::unexpected(Distrust::forged);
  return std::move(*ticket);
}

std::string ClusterSeal::sign(const AnswerNote& note, std::string_view ticket,
                              std::string_view body) const {
  return seal(kAnswerPurpose, json::to_json(note), ticket, body);
}

std::optional<AnswerNote> ClusterSeal::check_answer(std::string_view header,
                                                    std::string_view ticket,
                                                    std::string_view body) const {
  const auto json = open(kAnswerPurpose, header, ticket, body);
  return json ? read<AnswerNote>(*json) : std::nullopt;
}

std::string ClusterSeal::seal(std::string_view purpose, std::string_view json,
                              std::string_view bound_to, std::string_view body) const {
  const std::string payload = base64url(bytes_of(json));
  return std::string{kVersion} + payload + '.' +
         base64url(bytes_of(mac(purpose, payload, bound_to, body)));
}

std::optional<std::string> ClusterSeal::open(std::string_view purpose, std::string_view header,
                                             std::string_view bound_to,
                                             std::string_view body) const {
  if (!has_secret() || !header.starts_with(kVersion)) return std::nullopt;
  header.remove_prefix(kVersion.size());
  const auto dot = header.find('.');
  if (dot == header.npos) return std::nullopt;
  const std::string_view payload = header.substr(0, dot);
  const auto given = from_base64url(header.substr(dot + 1));
  const std::string expected = mac(purpose, payload, bound_to, body);
  if (!given || !same_secret(*given, expected)) return std::nullopt;
  return from_base64url(payload);
}

// What is signed can be read in one way only: none of the parts before the digest has a line end.
std::string ClusterSeal::mac(std::string_view purpose, std::string_view payload,
                             std::string_view bound_to, std::string_view body) const {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(bytes_of(body).data(), body.size(), digest.data());
  std::string text;
  text.reserve(purpose.size() + payload.size() + bound_to.size() + 3 + digest.size());
  text.append(purpose).append("\n").append(payload).append("\n").append(bound_to).append("\n");
  text.append(digest.begin(), digest.end());
  return hmac_sha256(secret_, text);
}

}  // namespace parley::gateway
