#include "user/email_address.h"

#include <algorithm>

#include "base/ascii.h"

namespace parley::user {
namespace {

constexpr std::size_t kLongestLocal = 64;
constexpr std::size_t kLongestAddress = 254;
constexpr std::size_t kLongestLabel = 63;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// What RFC 5322 calls atext.
bool is_atom_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-/=?^_`{|}~";
  return is_letter_or_digit(c) || (c != '\0' && kOthers.find(c) != std::string_view::npos);
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLongestLabel && text.front() != '-' &&
         text.back() != '-' &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_local_part(std::string_view text) {
  return !text.empty() && text.size() <= kLongestLocal && text.front() != '.' &&
         text.back() != '.' && text.find("..") == text.npos &&
         std::ranges::all_of(text, [](char c) { return is_atom_character(c) || c == '.'; });
}

// At least two labels, the last of which is no number.
bool is_domain(std::string_view text) {
  std::size_t labels = 1;
  for (auto dot = text.find('.'); dot != text.npos; dot = text.find('.'), ++labels) {
    if (!is_label(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return labels >= 2 && is_label(text) &&
         !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<std::string> checked_email(std::string typed) {
  if (typed.size() > kLongestAddress) return fail_field("email", "at most 254 bytes");
  std::string email = lower_ascii(std::move(typed));
  const auto at = email.find('@');
  if (at == email.npos || !is_local_part(std::string_view{email}.substr(0, at)) ||
      !is_domain(domain_of(email)))
    return fail_field("email", "is not an e-mail address");
  return email;
}

std::string_view domain_of(std::string_view email) { return email.substr(email.find('@') + 1); }

}  // namespace parley::user
