#include "user/provider_account.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "user/email_address.h"
#include "user/secret.h"
#include "user/username.h"

namespace parley::user {
namespace {

constexpr std::size_t kLongestUsername = 32;
constexpr std::size_t kRoomForDigits = 4;
constexpr std::size_t kLongestDisplayName = 64;  // characters

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// What of a name can stand in a username: ASCII, with '_' for what parts words.
std::string username_from(std::string_view name) {
  std::string out;
  for (char c : name.substr(0, name.find('@'))) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ' || c == '-' || c == '+') c = '_';
    const bool parts = c == '_' || c == '.';
    if (is_letter_or_digit(c) || (parts && !out.empty())) out += c;
    if (out.size() == kLongestUsername - kRoomForDigits) break;
  }
  return out;
}

std::string proposed_username(const ProviderIdentity& identity) {
  for (const auto& source : {identity.preferred_username, identity.email, identity.name}) {
    auto username = checked_username(username_from(source.value_or("")));
    if (username) return std::move(*username);
  }
  return "user";
}

// Without what cannot be seen, and not too long. Nothing when nothing is left.
std::optional<std::string> display_name(std::string_view name) {
  std::string out;
  std::size_t characters = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) continue;
    if ((byte & 0xC0) != 0x80 && ++characters > kLongestDisplayName) break;
    out += c;
  }
  const auto first = out.find_first_not_of(' ');
  if (first == out.npos) return std::nullopt;
  return out.substr(first, out.find_last_not_of(' ') + 1 - first);
}

std::optional<std::string> language(std::string locale) {
  std::ranges::replace(locale, '_', '-');
  const bool is_tag =
      locale.size() >= 2 && locale.size() <= 35 && std::ranges::all_of(locale, [](char c) {
        return is_letter_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-';
      });
  if (!is_tag) return std::nullopt;
  return locale;
}

}  // namespace

NewAccount account_for(const ProviderIdentity& identity) {
  NewAccount account{.username = proposed_username(identity)};
  account.display_name = display_name(identity.name.value_or(""));
  account.language = language(identity.locale.value_or(""));
  if (auto email = checked_email(identity.email.value_or(""))) {
    account.email = std::move(*email);
    account.email_verified = true;
  }
  return account;
}

std::string next_username(const std::string& username, int tries) {
  if (tries == 0) return username;
  const std::string beginning = username.substr(0, kLongestUsername - kRoomForDigits);
  if (tries < 9) return beginning + std::to_string(tries + 1);
  const auto bytes = random_bytes<2>();
  return fmt::format("{}{:04}", beginning, (bytes[0] << 8 | bytes[1]) % 10'000);
}

}  // namespace parley::user
