#include "user/username.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>

#include <utf8proc.h>

namespace parley::user {
namespace {

constexpr std::size_t kShortest = 3;
constexpr std::size_t kLongest = 32;
constexpr std::size_t kLongestTyped = kLongest * 8;  // compatibility characters take more bytes

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// NFKC and case folding. Nothing when `text` is not UTF-8.
std::optional<std::string> folded(std::string_view text) {
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), std::ssize(text), &out,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPAT |
                                                  UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, decltype([](void* memory) { std::free(memory); })> owner{
      out};
  if (length < 0) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(out), static_cast<std::size_t>(length)};
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

const std::set<std::string>& reserved_skeletons() {
  static const std::set<std::string> skeletons = [] {
    std::set<std::string> made;
    for (const std::string_view name :
         {// Resources beside /users/:username.
          "profile", "search", "me", "contacts", "blocked", "sessions", "passkeys", "avatar",
          "privacy", "password", "email", "phone", "export", "second_factor", "security_events",
          "status", "public_key",
          // Whoever runs the server.
          "admin", "administrator", "administrators", "moderator", "moderators", "operator",
          "official", "parley", "parley_support", "parley_team", "postmaster", "root", "security",
          "server", "staff", "support", "system", "team", "webmaster", "abuse", "help",
          // Everybody, and nobody any more.
          "everybody", "everyone", "channel", "deleted", "anonymous"})
      made.insert(username_skeleton(name));
    return made;
  }();
  return skeletons;
}

}  // namespace

Result<std::string> checked_username(std::string typed) {
  const auto refuse = [](const char* why) { return fail_field("username", why); };
  if (typed.size() > kLongestTyped) return refuse("3 to 32 characters");
  std::optional<std::string> name = folded(typed);
  if (!name) return refuse("is not UTF-8");

  const bool allowed =
      !name->empty() && is_letter_or_digit(name->front()) && std::ranges::all_of(*name, [](char c) {
        return is_letter_or_digit(c) || c == '_' || c == '.';
      });
  if (!allowed) return refuse("letters a-z, digits, '_' and '.', beginning with a letter or digit");
  if (name->size() < kShortest || name->size() > kLongest) return refuse("3 to 32 characters");
  if (name->starts_with("deleted.")) return refuse("is reserved");  // what is left of accounts
  if (reserved_skeletons().contains(username_skeleton(*name))) return refuse("is reserved");
  return std::move(*name);
}

std::string username_skeleton(std::string_view username) {
  std::string skeleton;
  for (const char c : username) {
    if (c == '.' || c == '_') continue;
    // The pairs of ASCII in Unicode's list of confusables (UTS 39), and i: its dot is easily
    // overlooked beside l, and "adm1n" reads as "admin". That some names keep others away costs
    // their owners a second try; 5 and s, cl and d are told apart, so they are left alone.
    if (c == '0')
      skeleton += 'o';
    else if (c == '1' || c == 'i')
      skeleton += 'l';
    else
      skeleton += c;
  }
  replace_all(skeleton, "rn", "m");
  replace_all(skeleton, "vv", "w");
  return skeleton;
}

}  // namespace parley::user
